  // Part of the page's script, which makes text nodes and elements only: nothing is parsed as HTML. Here:
  // bill, requests and faults.

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
