// The gallery: filter, sort, play and compare the rows that the page contains. It makes text nodes and
// elements only; nothing is parsed as HTML, and no request is made except for media that are played.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const textOf = (element, selector) => element.querySelector(selector)?.textContent ?? "";
  const grid = byId("grid");
  const rows = [...grid.children].map((card) => ({
    card,
    state: card.dataset.state,
    key: textOf(card, ".key"),
    model: textOf(card, ".model"),
    text: [...card.querySelectorAll(".key, .prompt, .reason, .model, dd")]
      .map((part) => part.textContent).join("\n").toLowerCase(),
    numbers: card.dataset,
    files: [...card.querySelectorAll(".files > li:not(.gone)")]
      .map((file) => ({ kind: file.dataset.kind, address: file.dataset.address }))
      .filter((file) => file.kind !== "file"),
  }));
  const byCard = new Map(rows.map((row) => [row.card, row]));
  let order = rows;
  let shown = rows;
  let state = "";

  const say = (text) => { byId("said").textContent = text; };
  const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

  // Filter and sort

  function filter() {
    const words = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const model = byId("model").value;
    shown = order.filter((row) =>
      (!state || row.state === state) &&
      (!model || row.model === model) &&
      words.every((word) => row.text.includes(word)));
    // Hiding instead of removing them costs Chromium seconds, as long as it skips cards off the screen.
    grid.replaceChildren(...shown.map((row) => row.card));
    byId("none").hidden = shown.length > 0;
    byId("count").textContent = shown.length === rows.length
      ? plural(rows.length, "row")
      : `${shown.length.toLocaleString("en")} of ${plural(rows.length, "row")}`;
  }

  function sort() {
    const by = byId("sort").value;
    const number = (row) => Number(row.numbers[by]);
    order = [...rows];
    if (by === "key") order.sort((one, other) => one.key.localeCompare(other.key, undefined, { numeric: true }));
    else if (by !== "seq") order.sort((one, other) => number(other) - number(one));
    filter();
  }

  function select(button) {
    state = button.dataset.state;
    for (const chip of document.querySelectorAll(".chip")) {
      chip.setAttribute("aria-pressed", String(chip === button));
    }
    filter();
  }

  for (const model of [...new Set(rows.map((row) => row.model))].sort()) {
    const option = make("option", "", model);
    option.value = model;
    byId("model").append(option);
  }
  for (const chip of document.querySelectorAll(".chip")) chip.addEventListener("click", () => select(chip));
  let typing;
  byId("text").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(filter, 80);
  });
  byId("model").addEventListener("change", filter);
  byId("sort").addEventListener("change", sort);
  byId("clear").addEventListener("click", () => {
    byId("text").value = "";
    byId("model").value = "";
    select(document.querySelector(".chip"));
    byId("text").focus();
  });

  // Media

  /** Returns an element that plays or shows a file, which is loaded from now on. */
  function player(file, row, autoplay) {
    const element = make(file.kind === "image" ? "img" : file.kind);
    element.addEventListener("error", () => {
      element.replaceWith(make("p", "", "The file cannot be shown: it is gone, or this browser does not know its kind."));
    });
    if (file.kind === "image") {
      element.alt = `Result of ${row.key}`;
    } else {
      element.controls = true;
      element.preload = "metadata";
      element.loop = file.kind === "video";
      element.playsInline = true;
      element.setAttribute("aria-label", `Result of ${row.key}`);
    }
    element.src = file.address;
    // A browser may refuse to start with sound; the controls are there.
    if (autoplay && element.play) element.play().catch(() => {});
    return element;
  }

  function fill(stage, row, autoplay) {
    empty(stage);
    stage.className = "stage";
    if (row.files.length === 0) {
      const frame = row.card.querySelector(".frame");
      stage.classList.add(...[...frame.classList].filter((name) => name !== "frame"));
      stage.append(make("p", "", frame.textContent.trim()));
      return;
    }
    stage.append(player(row.files[0], row, autoplay));
    if (row.files.length < 2) return;
    const choice = make("div", "switch");
    choice.setAttribute("role", "group");
    choice.setAttribute("aria-label", "Results");
    row.files.forEach((file, index) => {
      const button = make("button", "", String(index + 1));
      button.type = "button";
      button.setAttribute("aria-label", `Result ${index + 1} of ${row.files.length}`);
      button.setAttribute("aria-pressed", String(index === 0));
      button.addEventListener("click", () => {
        for (const other of choice.children) other.setAttribute("aria-pressed", String(other === button));
        stop(stage);
        stage.prepend(player(file, row, true));
      });
      choice.append(button);
    });
    stage.append(choice);
  }

  /** Removes what a stage plays, and ends its download. */
  function stop(stage) {
    for (const media of stage.querySelectorAll("video, audio, img, p")) {
      if (media.pause) {
        media.pause();
        media.removeAttribute("src");
        media.load();
      }
      media.remove();
    }
  }

  function empty(stage) {
    stop(stage);
    stage.replaceChildren();
  }

  /** Opens a dialog. It has the focus itself, so that the arrow keys and the space bar are free. */
  function show(dialog) {
    if (dialog.open) return;
    dialog.showModal();
    dialog.focus();
  }

  // The viewer

  const viewer = byId("viewer");
  let current;

  function view(row, autoplay) {
    current = row;
    byId("viewer-title").textContent = row.key;
    const index = shown.indexOf(row);
    byId("viewer-place").textContent = `${(index + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}`;
    viewer.querySelector(".previous").disabled = index <= 0;
    viewer.querySelector(".next").disabled = index >= shown.length - 1;
    fill(byId("stage"), row, autoplay);
    const text = row.card.querySelector(".text").cloneNode(true);
    text.querySelector("h2").remove();
    const details = row.card.querySelector(".details").cloneNode(true);
    for (const command of details.querySelectorAll(".command")) command.append(copyButton(command));
    byId("info").replaceChildren(text, ...details.children);
    byId("info").scrollTop = 0;
    show(viewer);
  }

  function copyButton(command) {
    const button = make("button", "quiet copy");
    button.type = "button";
    button.append(make("span", "label", "Copy"));
    button.append(make("span", "hidden", ` the command: ${textOf(command, "h3")}`));
    return button;
  }

  function step(offset) {
    const row = shown[shown.indexOf(current) + offset];
    if (row) view(row, true);
  }

  viewer.addEventListener("close", () => {
    empty(byId("stage"));
    byId("info").replaceChildren();
    const card = current?.card;
    (card?.querySelector(".play") ?? card?.querySelector(".more"))?.focus();
  });

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

  // Previews: the first picture of each result, loaded when its card is on the screen.

  const watched = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) preview(target);
    }
  }, { rootMargin: "200px" });

  function preview(frame) {
    watched.unobserve(frame);
    const file = byCard.get(frame.closest(".card")).files[0];
    if (file.kind === "audio" || frame.querySelector("video, img")) return;
    const element = make(file.kind === "image" ? "img" : "video");
    element.setAttribute("aria-hidden", "true");
    element.addEventListener("error", () => element.remove());
    if (file.kind === "image") {
      element.alt = "";
    } else {
      element.muted = true;
      element.preload = "metadata";
      element.tabIndex = -1;
    }
    element.src = file.kind === "image" ? file.address : `${file.address}#t=0.1`;
    frame.prepend(element);
  }

  byId("previews").addEventListener("change", (event) => {
    for (const { card } of rows) {
      const frame = card.querySelector(".play");
      if (!frame) continue;
      if (event.target.checked) watched.observe(frame);
      else {
        watched.unobserve(frame);
        frame.querySelector("video, img")?.remove();
      }
    }
  });

  filter();
})();
