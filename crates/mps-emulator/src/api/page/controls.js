  // Part of the page's script, which makes text nodes and elements only: nothing is parsed as HTML. Here:
  // clock, reset, views and the repeated reading.

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
    await guarded(async () => {
      await ask("reset", "POST");
      say("The emulator was reset");
      [tasks, settled, limit] = [[], 0, SHOWN];
      cards.clear();
      await start();
    });
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
  let busy = false;
  setInterval(() => {
    if (busy || !byId("live").checked || document.hidden || !byId("access").hidden) return;
    // An answer that is late must not replace a newer one.
    busy = true;
    tick().finally(() => { busy = false; });
  }, PAUSE_MS);
