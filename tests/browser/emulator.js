// Uses the emulator's page as people do: node emulator.js page URL, or node emulator.js token URL TOKEN
"use strict";
const { accessible, assert, becomes, log, main, pictures, until } = require("./common.js");

const [scenario, url, token] = process.argv.slice(2);
const frames = (page) => page.locator(".card .frame");
const tab = (page, name) => page.locator(`#tab-${name}`);

async function page(page, seen) {
  await page.goto(url);
  await until(page, "document.querySelectorAll('.card').length === 6");
  await until(page, "document.getElementById('summary').textContent.includes('1 duplicate')");
  await becomes(() => page.locator("#summary").textContent(), /6 creates billed/);

  log("keyboard");
  const focused = () => page.evaluate("document.activeElement.id || document.activeElement.className");
  const order = [];
  for (let count = 0; count < 5; count += 1) {
    await page.keyboard.press("Tab");
    order.push(await focused());
  }
  assert.deepEqual(order.slice(0, 4), ["tab-tasks", "live", "reset", "task-text"]);
  assert.match(order[4], /^frame play|^quiet more/);
  await until(page, "document.querySelectorAll('.card .play').length >= 4");
  const frame = page.locator(".play.video").first();
  await frame.focus();
  await page.keyboard.press("Enter");
  await until(page, "document.querySelector('#stage video')?.readyState >= 1");
  await pictures(page, "emulator-viewer");
  await accessible(page, "viewer", "#viewer");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  await until(page, "!document.getElementById('viewer').open");
  await becomes(() => page.locator("#stage video").count(), 0);
  await page.locator("#task-text").fill("image");
  await until(page, "document.querySelectorAll('.card').length === 1");
  await page.locator("#task-text").fill("");
  await accessible(page, "tasks");
  await pictures(page, "emulator-tasks");

  log("bill");
  await tab(page, "tasks").focus();
  await page.keyboard.press("ArrowRight");
  await until(page, "document.querySelectorAll('#items tr').length === 6");
  await becomes(() => page.locator("#items tr.alarm").count(), 1);
  await becomes(() => page.locator("#totals .alarm dd").textContent(), "1");
  await accessible(page, "bill");
  await pictures(page, "emulator-bill");

  log("requests");
  await tab(page, "requests").click();
  await page.locator("#which").selectOption("refused");
  await until(page, "document.querySelectorAll('#calls details').length === 1");
  await page.locator("#calls summary").press("Enter");
  await becomes(() => page.locator("#calls pre").textContent(), /canonical request/);
  await accessible(page, "requests");
  await pictures(page, "emulator-requests");
  const before = seen.requests.length;
  await becomes(() => seen.requests.length >= before + 2, true, "the page refreshes itself");
  assert.equal(await page.locator("#calls details[open]").count(), 1, "a refresh leaves it open");
  await page.locator("#which").selectOption("downloads");
  await until(page, "document.querySelectorAll('#calls tr').length >= 1");

  log("faults");
  await tab(page, "faults").click();
  await page.locator("[data-rule*=reply_lost]").click();
  await until(page, "document.querySelectorAll('#rules tr').length === 1");
  await page.locator("#kind").selectOption("refuse");
  seen.refusals.push({ status: 400, path: "/_emulator/v1/faults" });
  await page.locator("#add-fault .strong").click();
  await until(page, "!document.getElementById('fault-error').hidden");
  await becomes(() => page.locator("#fault-error").textContent(), /code/);
  await page.locator("#members").fill('{"code": "InvalidParameter.ViolationContent"}');
  await page.locator("#action").selectOption("CreateAigcVideoTask");
  await page.locator("#add-fault .strong").click();
  await until(page, "document.querySelectorAll('#rules tr').length === 2");
  await becomes(() => page.locator("#fault-error").isHidden(), true);
  await accessible(page, "faults");
  await pictures(page, "emulator-faults");
  await page.locator("#clear-faults").click();
  await until(page, "document.querySelectorAll('#rules tr').length === 0");

  log("clock");
  await tab(page, "clock").click();
  await page.locator("#freeze").click();
  await until(page, "document.getElementById('pace').textContent.startsWith('Frozen')");
  const earlier = await page.locator("#now").textContent();
  await page.locator("[data-change*='12h']").click();
  await until(page, `document.getElementById('now').textContent !== ${JSON.stringify(earlier)}`);
  await page.locator("#advance").fill("soon");
  seen.refusals.push({ status: 400, path: "/_emulator/v1/clock" });
  await page.locator("#change-clock .strong").click();
  await until(page, "!document.getElementById('clock-error').hidden");
  await accessible(page, "clock");
  await pictures(page, "emulator-clock");
  await page.locator("#advance").fill("1h");
  await page.locator("#change-clock .strong").click();
  await tab(page, "tasks").click();
  await until(page, "[...document.querySelectorAll('.card .frame')].filter((frame) => frame.textContent === 'The result has expired').length >= 4");
  await becomes(() => frames(page).count(), 6);

  log("reset");
  await page.locator("#reset").click();
  await page.keyboard.press("Escape");
  await becomes(() => frames(page).count(), 6);
  await page.locator("#reset").click();
  await accessible(page, "confirmation", "#confirm");
  await page.locator("#forget").click();
  await until(page, "document.querySelectorAll('.card').length === 0");
  await until(page, "document.getElementById('summary').textContent.includes('0 creates')");
}

async function guarded(page, seen) {
  seen.refusals.push({ status: 401, path: "" });
  await page.goto(url);
  await until(page, "!document.getElementById('access').hidden");
  await becomes(() => page.locator("#content").isHidden(), true);
  await accessible(page, "token");
  await pictures(page, "emulator-token");
  await page.locator("#token").fill("wrong");
  await page.keyboard.press("Enter");
  await until(page, "!document.getElementById('refused').hidden");
  await page.locator("#token").fill(token);
  await page.keyboard.press("Enter");
  await until(page, "!document.getElementById('content').hidden");
  await until(page, "document.getElementById('summary').textContent.includes('0 creates')");
}

main({ page, token: guarded }[scenario]);
