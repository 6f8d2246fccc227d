  // Part of the page's script, which makes text nodes and elements only: nothing is parsed as HTML. Here:
  // tasks and their results.

  // Tasks

  let tasks = [];
  let settled = 0;
  let shownTasks = [];
  let limit = SHOWN;
  const cards = new Map();

  /** Reads tasks from the first one that may have changed. */
  async function readTasks(isFresh) {
    if (isFresh) [tasks, settled] = [[], 0];
    const kept = tasks.slice(0, settled);
    let after = kept.at(-1)?.task_id;
    for (;;) {
      const page = await ask(`tasks?limit=1000${after ? `&after=${after}` : ""}`).catch((error) => {
        // After a reset that task is unknown.
        if (after && settled && error instanceof Refused) return undefined;
        throw error;
      });
      if (!page) return readTasks(true);
      kept.push(...page.tasks);
      after = page.next;
      if (!after) break;
    }
    tasks = kept;
    while (settled < tasks.length && tasks[settled].is_final && tasks[settled].result !== "available") settled += 1;
    showTasks();
  }

  const TONES = { DONE: "good", FINISHED: "good", FAIL: "bad", FAILED: "bad", STOP: "bad", TIMEOUT: "bad", WAIT: "idle", PENDING: "idle" };
  const tone = (task) => TONES[task.status] ?? "busy";

  function showTasks() {
    const words = byId("task-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (task) => `${task.task_id} ${task.model ?? ""} ${task.status} ${task.result} ${task.family}`.toLowerCase();
    const fitting = tasks.filter((task) => words.every((word) => text(task).includes(word)));
    shownTasks = fitting.slice(-limit).reverse();
    const grid = byId("task-grid");
    const focus = document.activeElement?.closest?.(".card")?.dataset.task;
    const wanted = shownTasks.map(card);
    const isSame = wanted.length === grid.children.length && wanted.every((card, index) => grid.children[index] === card);
    if (!isSame) {
      grid.replaceChildren(...wanted);
      if (focus) cards.get(focus)?.element.querySelector("button")?.focus();
    }
    byId("task-count").textContent = words.length
      ? `${number(fitting.length)} of ${number(tasks.length)} tasks`
      : tasks.length === 0 ? "No task yet: create one with mps --endpoint." : `${number(tasks.length)} ${tasks.length === 1 ? "task" : "tasks"}, newest first`;
    byId("more-tasks").hidden = fitting.length <= limit;
  }

  /** Returns the card of a task: the one that exists, unless the task has changed. */
  function card(task) {
    const state = JSON.stringify(task);
    const known = cards.get(task.task_id);
    if (known?.state === state) return known.element;
    const title = make("h2", "", make("bdi", "key", task.model ?? task.family));
    title.id = `task-${task.task_id}`;
    const line = make("p", "line", ...facts(task).map((fact) => make("span", "", fact)));
    const element = make("li", "card", make("article", "",
      frame(task),
      make("div", "text", title, make("p", `badge ${tone(task)}`, task.status.toLowerCase()), make("p", "prompt mono", task.task_id), line),
      make("div", "actions", button("quiet more", "Details", ` of ${task.task_id}`, () => view(task, false)))));
    element.firstChild.setAttribute("aria-labelledby", title.id);
    element.dataset.task = task.task_id;
    cards.set(task.task_id, { state, element });
    return element;
  }

  function button(className, text, more, act) {
    const element = make("button", className, text, make("span", "hidden", more));
    element.type = "button";
    element.addEventListener("click", act);
    return element;
  }

  function facts(task) {
    const parts = [task.family];
    if (task.seconds) parts.push(`${task.seconds} s`);
    if (task.resolution) parts.push(task.resolution);
    parts.push(wall(task.created_us).slice(11));
    return parts;
  }

  const NOTES = { WAIT: "Waiting", PENDING: "Waiting", RUN: "Rendering", RUNNING: "Rendering", FAIL: "Failed; not billed", FAILED: "Failed; not billed" };

  function note(task) {
    if (task.result === "expired") return "The result has expired";
    return NOTES[task.status] ?? task.status;
  }

  function frame(task) {
    const media = results(task);
    if (media.length === 0) {
      const look = task.result === "expired" ? "idle" : tone(task);
      return make("div", `frame ${look}`, make("p", "", note(task)));
    }
    const [{ kind }] = media;
    const element = button(`frame play ${kind} hue-${hue(task.task_id)}`, "", `${kind === "image" ? "Show" : "Play"} ${task.task_id}`, () => view(task, true));
    const icon = make("span", "icon");
    icon.setAttribute("aria-hidden", "true");
    element.append(icon);
    if (task.seconds) {
      const length = make("span", "length", `${task.seconds} s`);
      length.setAttribute("aria-hidden", "true");
      element.append(length);
    }
    return element;
  }

  const hue = (id) => [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;

  const KINDS = { mp4: "video", png: "image", jpg: "image", jpeg: "image", mp3: "audio", wav: "audio" };

  /** Returns the results that can be played, by addresses of this origin. */
  function results(task) {
    if (task.result !== "available") return [];
    return task.urls.flatMap((text) => {
      const url = new URL(text, location.href);
      // The storage's own host is served below this origin too.
      const bucket = /^([^.]+)\.cos\.([^.]+)\.myqcloud\.com$/.exec(url.hostname);
      const path = bucket ? `/cos/${bucket[1]}/${bucket[2]}${url.pathname}` : url.pathname;
      const kind = KINDS[path.split(".").at(-1).toLowerCase()];
      return kind ? [{ kind, address: path + url.search }] : [];
    });
  }

  const viewer = byId("viewer");
  let current;

  function view(task, autoplay) {
    current = task;
    byId("viewer-title").textContent = task.model ?? task.family;
    const index = shownTasks.findIndex((other) => other.task_id === task.task_id);
    viewer.querySelector(".previous").disabled = index <= 0;
    viewer.querySelector(".next").disabled = index >= shownTasks.length - 1;
    fill(task, autoplay);
    const lines = [
      ["Task", task.task_id], ["Status", task.status], ["Result", task.result], ["Account", task.account],
      ["Created", `${wall(task.created_us)} UTC`], ["Waiting", span(task.wait_us)], ["Running", span(task.run_us)],
      ["Length", task.seconds && `${task.seconds} s`], ["Size", task.resolution],
      ...task.urls.map((url) => ["URL", url]),
    ].filter(([, value]) => value);
    byId("info").replaceChildren(make("dl", "", ...lines.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value)))));
    if (!viewer.open) {
      viewer.showModal();
      viewer.focus();
    }
  }

  function fill(task, autoplay) {
    const stage = byId("stage");
    empty();
    const media = results(task);
    stage.className = `stage ${media.length ? "" : task.result === "expired" ? "idle" : tone(task)}`.trim();
    if (media.length === 0) {
      stage.append(make("p", "", note(task)));
      return;
    }
    const [{ kind, address }] = media;
    const element = make(kind === "image" ? "img" : kind);
    element.addEventListener("error", () => element.replaceWith(make("p", "", "The result cannot be played; a fault may have changed it.")));
    if (kind === "image") element.alt = `Result of ${task.task_id}`;
    else {
      element.controls = true;
      element.preload = "metadata";
      element.playsInline = true;
      element.setAttribute("aria-label", `Result of ${task.task_id}`);
    }
    element.src = address;
    stage.append(element);
    if (autoplay && element.play) element.play().catch(() => {});
  }

  function empty() {
    for (const media of byId("stage").querySelectorAll("video, audio")) {
      media.pause();
      media.removeAttribute("src");
      media.load();
    }
    byId("stage").replaceChildren();
  }

  function step(offset) {
    const index = shownTasks.findIndex((task) => task.task_id === current.task_id);
    const task = shownTasks[index + offset];
    if (task) view(task, true);
  }

  viewer.querySelector(".close").addEventListener("click", () => viewer.close());
  viewer.querySelector(".previous").addEventListener("click", () => step(-1));
  viewer.querySelector(".next").addEventListener("click", () => step(1));
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("keydown", (event) => {
    const offset = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!offset || event.target.matches("video, audio")) return;
    event.preventDefault();
    step(offset);
  });
  viewer.addEventListener("close", () => {
    empty();
    cards.get(current?.task_id)?.element.querySelector("button")?.focus();
  });
  byId("task-text").addEventListener("input", showTasks);
  byId("more-tasks").addEventListener("click", () => {
    limit += SHOWN;
    showTasks();
  });
