  // Part of the gallery's script: two rows side by side, keys of both dialogs, and copying.

  // Side by side

  const pair = byId("pair");
  let picked = [];

  function pick(row, isPicked) {
    picked = picked.filter((other) => other !== row);
    if (isPicked) picked.push(row);
    const dropped = picked.length > 2 ? picked.shift() : undefined;
    for (const other of dropped ? [row, dropped] : [row]) mark(other);
    tray();
  }

  function mark(row) {
    const isPicked = picked.includes(row);
    row.card.classList.toggle("picked", isPicked);
    row.card.querySelector(".pick input").checked = isPicked;
  }

  function tray() {
    byId("tray").hidden = picked.length === 0;
    byId("compare").disabled = picked.length < 2;
    byId("picked").textContent = picked.length === 2
      ? `${picked[0].key} and ${picked[1].key}`
      : `${picked[0]?.key ?? ""} and another one`;
  }

  function compare() {
    const [left, right] = picked;
    for (const [id, row] of [["left", left], ["right", right]]) {
      const side = byId(id);
      side.querySelector(".stage")?.remove();
      const stage = make("div", "stage");
      side.append(stage);
      fill(stage, row, false);
      byId(`${id}-name`).textContent = row.key;
    }
    const [one, other] = [facts(left), facts(right)];
    const names = [...new Set([...one.keys(), ...other.keys()])];
    pair.querySelector("tbody").replaceChildren(...names.map((name) => {
      const line = make("tr");
      const head = make("th", "", name);
      head.scope = "row";
      line.append(head);
      const differs = one.get(name) !== other.get(name);
      for (const side of [one, other]) {
        const cell = make("td");
        cell.dir = "auto";
        const value = side.get(name) ?? "–";
        cell.append(differs ? make("mark", "", value) : value);
        line.append(cell);
      }
      return line;
    }));
    const index = shown.indexOf(right);
    pair.querySelector(".previous").disabled = !shown[index - 1];
    pair.querySelector(".next").disabled = !shown[index + 1];
    byId("both").disabled = left.files.length + right.files.length === 0;
    show(pair);
  }

  /** Returns what a row is made of, by name; ids and times of two rows differ anyway. */
  function facts(row) {
    const facts = new Map([
      ["State", textOf(row.card, ".badge")],
      ["Prompt", textOf(row.card, ".prompt")],
      ["Model", row.model],
    ]);
    if (row.card.querySelector(".reason")) facts.set("Reason", textOf(row.card, ".reason"));
    const [parameters] = row.card.querySelectorAll("dl");
    if (row.card.querySelectorAll("dl").length > 1) {
      for (const fact of parameters.children) facts.set(textOf(fact, "dt"), textOf(fact, "dd"));
    }
    const line = [...row.card.querySelectorAll(".line > :not(.model)")].map((part) => part.textContent);
    facts.set("Cost and time", line.join(" · "));
    return facts;
  }

  function exchange(offset) {
    let index = shown.indexOf(picked[1]) + offset;
    if (shown[index] === picked[0]) index += offset;
    const row = shown[index];
    if (!row) return;
    const [left, before] = picked;
    picked = [left, row];
    [before, row].forEach(mark);
    tray();
    compare();
    say(`Now beside ${row.key}`);
  }

  byId("compare").addEventListener("click", compare);
  byId("unpick").addEventListener("click", () => {
    const before = picked;
    picked = [];
    before.forEach(mark);
    tray();
    before[0]?.card.querySelector(".pick input").focus();
  });
  byId("both").addEventListener("click", () => {
    for (const media of pair.querySelectorAll("video, audio")) {
      media.currentTime = 0;
      media.play().catch(() => {});
    }
  });
  pair.addEventListener("close", () => {
    for (const stage of pair.querySelectorAll(".stage")) empty(stage);
    byId("compare").focus();
  });

  // Dialogs and keys

  for (const [dialog, go] of [[viewer, step], [pair, exchange]]) {
    dialog.querySelector(".close").addEventListener("click", () => dialog.close());
    dialog.querySelector(".previous").addEventListener("click", () => go(-1));
    dialog.querySelector(".next").addEventListener("click", () => go(1));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.key === " " && event.target === dialog) {
        event.preventDefault();
        for (const media of dialog.querySelectorAll("video, audio")) {
          if (media.paused) media.play().catch(() => {});
          else media.pause();
        }
        return;
      }
      const offset = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      // Within a player the arrow keys seek.
      if (!offset || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("video, audio")) return;
      event.preventDefault();
      go(offset);
    });
  }

  grid.addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    const row = card && byCard.get(card);
    if (!row) return;
    if (event.target.closest(".play")) view(row, true);
    else if (event.target.closest(".more")) view(row, false);
  });
  grid.addEventListener("change", (event) => {
    if (event.target.matches(".pick input")) pick(byCard.get(event.target.closest(".card")), event.target.checked);
  });

  // Copying

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const place = button.closest(".command") ?? button.closest(".card");
    const code = place.querySelector("code");
    const isCopied = await copy(code.textContent, button);
    const label = button.querySelector(".label");
    label.dataset.text ??= label.textContent;
    label.textContent = isCopied ? "Copied" : "Not copied";
    say(isCopied ? "The command was copied" : "The browser does not allow copying: select the text");
    setTimeout(() => { label.textContent = label.dataset.text; }, 1600);
  });

  async function copy(text, beside) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = make("textarea", "hidden");
      area.value = text;
      beside.after(area);
      area.select();
      const isCopied = document.execCommand("copy");
      area.remove();
      beside.focus();
      return isCopied;
    }
  }

  filter();
