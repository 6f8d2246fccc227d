// The emulator's page over the control API of the same origin. It makes text nodes and elements only;
// nothing is parsed as HTML.
"use strict";
(() => {
  const API = "/_emulator/v1/";
  const PAUSE_MS = 1_000;
  const SHOWN = 200;
  const byId = (id) => document.getElementById(id);
  const make = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children.filter((child) => child !== undefined));
    return element;
  };
  const say = (text) => { byId("said").textContent = text; };
  const number = (value) => value.toLocaleString("en");

  let token = "";
  let clock;

  class Refused extends Error {}

  /** Asks the control API, and returns its JSON. */
  async function ask(name, method = "GET", body = undefined) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    if (body) headers["content-type"] = "application/json";
    const response = await fetch(API + name, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
    if (response.status === 401) {
      demand();
      throw new Refused("the token is needed");
    }
    const answer = await response.json();
    if (!response.ok) {
      const place = answer.member ? ` (${answer.member}: ${JSON.stringify(answer.value)})` : "";
      throw new Refused(`${answer.error}${place}; ${answer.hint ?? ""}`);
    }
    return answer;
  }

  /** Asks for the token, which a wrong one does again. */
  function demand() {
    byId("refused").hidden = token === "";
    token = "";
    byId("content").hidden = true;
    if (byId("access").hidden) {
      byId("access").hidden = false;
      byId("token").focus();
    }
  }

  byId("access").addEventListener("submit", async (event) => {
    event.preventDefault();
    token = byId("token").value.trim();
    byId("token").value = "";
    await tick();
    if (token) {
      byId("access").hidden = true;
      byId("content").hidden = false;
      await start();
    }
  });

  // Times: virtual ones are shown by the service's clock, those of the log since the start.

  function wall(virtualUs) {
    const seconds = clock.unix_seconds - (clock.virtual_us - virtualUs) / 1e6;
    return new Date(seconds * 1_000).toISOString().replace("T", " ").slice(0, 19);
  }

  function span(us) {
    const seconds = us / 1e6;
    if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 3 : 1)} s`;
    const whole = Math.floor(seconds);
    const two = (part) => String(part).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }

  function showClock() {
    byId("now").textContent = `${wall(clock.virtual_us)} UTC`;
    byId("pace").textContent = clock.frozen
      ? "Frozen: no virtual time passes."
      : clock.rate === 1 ? "One second a second." : `${number(clock.rate)} seconds a second.`;
    byId("freeze").textContent = clock.frozen ? "Let it continue" : "Freeze";
  }

  function showSummary() {
    const fact = (strong, text, look) => make("span", look, make("strong", "", strong), ` ${text}`);
    const parts = [make("span", "", `${wall(clock.virtual_us)} UTC${clock.frozen ? ", frozen" : ""}`)];
    if (bill) {
      parts.push(fact(number(bill.creates), bill.creates === 1 ? "create billed" : "creates billed"));
      parts.push(fact(number(bill.duplicates), bill.duplicates === 1 ? "duplicate" : "duplicates", bill.duplicates ? "alarm" : ""));
    }
    if (rules) parts.push(fact(number(rules.length), rules.length === 1 ? "fault" : "faults"));
    byId("summary").replaceChildren(...parts);
  }

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

  // Bill, requests, faults

  let bill;
  let rules;

  /** Shows the newest rows of a table, first. Rows that are there stay, with what is open in them. */
  function fillTable(body, records, key, row) {
    const known = new Map([...body.children].map((line) => [line.dataset.key, line]));
    const rows = records.slice(-SHOWN).reverse().flatMap((record) => {
      const name = key(record);
      const first = known.get(name);
      if (first) return first.nextSibling?.dataset.key === `${name} detail` ? [first, first.nextSibling] : [first];
      const lines = row(record);
      lines[0].dataset.key = name;
      if (lines[1]) lines[1].dataset.key = `${name} detail`;
      return lines;
    });
    const isSame = rows.length === body.children.length && rows.every((line, index) => body.children[index] === line);
    if (!isSame) body.replaceChildren(...rows);
    body.parentElement.nextElementSibling.hidden = rows.length > 0;
  }

  const cells = (...values) => values.map((value) => make("td", "", value ?? ""));

  async function readBill() {
    bill = await ask("bill");
    const tile = (name, value, isAlarm) => make("div", isAlarm ? "alarm" : "", make("dt", "", name), make("dd", "", number(value)));
    byId("totals").replaceChildren(
      tile("Creates", bill.creates), tile("Duplicates", bill.duplicates, bill.duplicates > 0),
      tile("Seconds", bill.seconds), tile("Images", bill.images), tile("Songs", bill.songs));
    fillTable(byId("items"), bill.items, (item) => item.task_id, (item) => {
      const amounts = [[item.seconds, "s"], [item.images, item.images === 1 ? "image" : "images"], [item.songs, item.songs === 1 ? "song" : "songs"]];
      const cost = amounts.filter(([amount]) => amount).map((amount) => amount.join(" ")).join(", ");
      const line = make("tr", item.duplicate_of ? "alarm" : "", ...cells(span(item.at_us), item.action, item.model, cost || "nothing", item.task_id, item.duplicate_of));
      for (const id of [line.children[4], line.children[5]]) id.className = "id mono";
      return [line];
    });
  }

  const OUTCOMES = { executed: "good", refused: "bad", dropped: "warn" };

  async function readRequests() {
    const log = await ask("requests");
    const which = byId("which").value;
    const all = which === "downloads" ? log.downloads : log.requests;
    const records = which && which !== "downloads" ? all.filter((record) => record.outcome === which) : all;
    const noun = which === "downloads" ? "downloads" : "calls";
    byId("request-count").textContent = `${number(records.length)} of ${number(all.length)} ${noun}${records.length > SHOWN ? `; the newest ${SHOWN} are shown` : ""}`;
    fillTable(byId("calls"), records, (record) => `${record.request_id} ${record.at_us}`, (record) => {
      const action = record.path ? `${record.method} ${record.path}${record.range ? ` (${record.range})` : ""}` : record.action || "none";
      const code = [record.status, record.code, record.bytes !== undefined ? `${number(record.bytes)} bytes` : undefined].filter((part) => part !== undefined).join(" ");
      const badge = make("span", `badge ${OUTCOMES[record.outcome]}`, record.outcome);
      const line = make("tr", "", ...cells(span(record.at_us), action, badge, code, record.fault, record.request_id));
      line.lastChild.className = "id mono";
      if (!record.detail) return [line];
      line.className = "explained";
      const cell = make("td", "", explanation(record.detail));
      cell.colSpan = 6;
      return [line, make("tr", "", cell)];
    });
  }

  /** Returns the reason of a refusal. Lines in which both sides differ begin with `>`. */
  function explanation(detail) {
    const [first, ...rest] = detail.split("\n");
    const summary = make("summary", "", first);
    if (rest.length === 0) return make("p", "", first);
    const text = make("pre", "");
    text.tabIndex = 0;
    rest.forEach((line, index) => {
      if (index > 0) text.append("\n");
      text.append(line.startsWith("> ") ? make("mark", "", line) : line);
    });
    return make("details", "", summary, text);
  }

  async function readFaults() {
    ({ faults: rules } = await ask("faults"));
    byId("rules").replaceChildren(...rules.map((rule) => {
      const { kind, action, struck, times, ...rest } = rule;
      const more = JSON.stringify(rest);
      return make("tr", "", ...cells(kind, action ?? "every action", times ? `${struck} of ${times}` : String(struck), make("code", "", more === "{}" ? "" : more)));
    }));
    byId("rules").parentElement.nextElementSibling.hidden = rules.length > 0;
    byId("clear-faults").disabled = rules.length === 0;
  }

  /** Does something that the emulator may refuse, and shows why. */
  async function attempt(place, act) {
    const error = byId(place);
    error.hidden = true;
    try {
      await act();
    } catch (refusal) {
      error.textContent = refusal.message;
      error.hidden = false;
    }
  }

  function add(rule) {
    return attempt("fault-error", async () => {
      await ask("faults", "POST", rule);
      say("The rule was added");
      await readFaults();
      showSummary();
    });
  }

  byId("add-fault").addEventListener("submit", (event) => {
    event.preventDefault();
    const rule = { kind: byId("kind").value };
    for (const member of ["action", "match"]) if (byId(member).value) rule[member] = byId(member).value;
    for (const member of ["times", "probability"]) if (byId(member).value) rule[member] = Number(byId(member).value);
    attempt("fault-error", () => {
      const members = byId("members").value.trim();
      return add(Object.assign(rule, members ? JSON.parse(members) : {}));
    });
  });
  for (const preset of document.querySelectorAll("[data-rule]")) {
    preset.addEventListener("click", () => add(JSON.parse(preset.dataset.rule)));
  }
  byId("clear-faults").addEventListener("click", () => attempt("fault-error", async () => {
    await ask("faults", "DELETE");
    say("All rules were cleared");
    await readFaults();
    showSummary();
  }));

  // Clock and reset

  function change(body) {
    return attempt("clock-error", async () => {
      clock = await ask("clock", "POST", body);
      showClock();
      showSummary();
      say(`The time is ${byId("now").textContent}`);
      await readTasks(true);
    });
  }

  for (const preset of document.querySelectorAll("[data-change]")) {
    preset.addEventListener("click", () => change(JSON.parse(preset.dataset.change)));
  }
  byId("freeze").addEventListener("click", () => change({ freeze: !clock.frozen }));
  byId("change-clock").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = {};
    if (byId("advance").value) body.advance = byId("advance").value;
    if (byId("rate").value) body.rate = Number(byId("rate").value);
    change(body);
  });

  byId("reset").addEventListener("click", () => byId("confirm").showModal());
  byId("keep").addEventListener("click", () => byId("confirm").close());
  byId("forget").addEventListener("click", async () => {
    byId("confirm").close();
    await ask("reset", "POST");
    say("The emulator was reset");
    [tasks, settled, limit] = [[], 0, SHOWN];
    cards.clear();
    await start();
  });

  // Views

  const tabs = [...document.querySelectorAll("[role=tab]")];
  const READ = { tasks: () => readTasks(false), bill: readBill, requests: readRequests, faults: readFaults, clock: async () => {} };
  let selected = "tasks";

  function select(tab) {
    selected = tab.getAttribute("aria-controls");
    for (const other of tabs) {
      const isSelected = other === tab;
      other.setAttribute("aria-selected", String(isSelected));
      other.tabIndex = isSelected ? 0 : -1;
      byId(other.getAttribute("aria-controls")).hidden = !isSelected;
    }
    refresh();
  }

  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const last = tabs.length - 1;
      const next = { ArrowRight: index === last ? 0 : index + 1, ArrowLeft: index ? index - 1 : last, Home: 0, End: last }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      tabs[next].focus();
      select(tabs[next]);
    });
  });
  byId("which").addEventListener("change", () => {
    byId("calls").replaceChildren();
    refresh();
  });

  function refresh() {
    return guarded(async () => {
      clock = await ask("clock");
      showClock();
      await READ[selected]();
      showSummary();
    });
  }

  /** Does something, and says so if the emulator does not answer. */
  async function guarded(act) {
    try {
      await act();
      byId("trouble").hidden = true;
    } catch (error) {
      if (error instanceof Refused) return;
      byId("trouble").textContent = "The emulator does not answer.";
      byId("trouble").hidden = false;
    }
  }

  let ticks = 0;

  async function tick() {
    ticks += 1;
    await refresh();
    // The bill and the rules are in the header too; a long bill is read less often.
    const every = bill && bill.items.length > 2_000 ? 15 : 3;
    if (ticks % every === 1 && byId("access").hidden) {
      await guarded(async () => {
        if (selected !== "bill") await readBill();
        if (selected !== "faults") await readFaults();
        showSummary();
      });
    }
  }

  async function start() {
    ticks = 0;
    await guarded(async () => {
      const state = await ask("state?limit=1");
      for (const action of Object.keys(state.limits.calls_per_second)) {
        if ([...byId("action").options].some((option) => option.value === action)) continue;
        byId("action").append(Object.assign(make("option", "", action), { value: action }));
      }
    });
    await tick();
  }

  byId("endpoint").textContent = location.host;
  document.title = `Emulator ${location.host}`;
  start();
  setInterval(() => {
    if (byId("live").checked && !document.hidden && byId("access").hidden) tick();
  }, PAUSE_MS);
})();
