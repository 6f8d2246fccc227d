  // Part of the page's script, which makes text nodes and elements only: nothing is parsed as HTML. Here:
  // the control API of the same origin, its token, and times.

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
