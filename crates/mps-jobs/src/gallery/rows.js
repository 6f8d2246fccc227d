  // Part of the gallery's script, which makes text nodes and elements only: nothing is parsed as HTML, and no
  // request is made except for media that are played. Here: rows, filter, sort, players and previews.

  /** Cards that are added at a time: a page with thousands of them is slow to use, by keyboard above all. */
  const STEP = 96;
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
  let limit = STEP;

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
    // More follow as the end of the page comes near the screen.
    limit = STEP;
    grid.replaceChildren(...shown.slice(0, limit).map((row) => row.card));
    watchEnd();
    byId("none").hidden = shown.length > 0;
    byId("count").textContent = shown.length === rows.length
      ? plural(rows.length, "row")
      : `${shown.length.toLocaleString("en")} of ${plural(rows.length, "row")}`;
  }

  /** Looks for the end of the page. Observed anew, since an end that stays near the screen reports nothing. */
  function watchEnd() {
    byId("rest").hidden = shown.length <= limit;
    end.unobserve(byId("rest"));
    if (!byId("rest").hidden) end.observe(byId("rest"));
  }

  function grow() {
    grid.append(...shown.slice(limit, limit + STEP).map((row) => row.card));
    limit += STEP;
    watchEnd();
  }

  byId("rest").addEventListener("click", grow);
  const end = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) grow();
  }, { rootMargin: "1500px" });

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
