// Uses a gallery as people do: node gallery.js small|large|hostile URL
"use strict";
const { accessible, assert, becomes, log, main, pictures, until } = require("./common.js");

const [scenario, url] = process.argv.slice(2);
const shown = (page) => page.locator(".card");
const keys = (page) => page.locator(".card .key").allTextContents();

/** Returns a short name of the element that has the focus. */
const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  const card = element.closest(".card");
  const name = element.id || [...element.classList].join(".") || element.type || element.localName;
  return card ? `${card.querySelector(".key").textContent}:${name}` : name;
});

async function open(page) {
  const begin = Date.now();
  await page.goto(url);
  await until(page, "document.getElementById('count').textContent !== ''");
  log(`opened in ${Date.now() - begin} ms`);
}

async function tab(page, times) {
  const order = [];
  for (let count = 0; count < times; count += 1) {
    await page.keyboard.press("Tab");
    order.push(await focused(page));
  }
  return order;
}

/** Enter plays the row that has the focus, and Escape closes the viewer. `number` is that of the row. */
async function playsAndCloses(page, key, number) {
  const frame = page.locator(`[aria-labelledby=row-${number}] .play`);
  await frame.focus();
  await page.keyboard.press("Enter");
  await becomes(() => page.locator("#viewer").getAttribute("open"), "");
  await becomes(() => page.locator("#viewer-title").textContent(), key);
  await until(page, "document.querySelector('#stage video')?.readyState >= 1");
  await until(page, "!document.querySelector('#stage video').paused");
  await page.keyboard.press("Space");
  await until(page, "document.querySelector('#stage video').paused");
  const seconds = await page.evaluate("document.querySelector('#stage video').duration");
  assert.ok(Math.abs(seconds - 5) < 0.5, `${seconds} s`);
  await page.keyboard.press("Escape");
  await until(page, "!document.getElementById('viewer').open");
  await becomes(() => page.locator("#stage video").count(), 0, "the media is unloaded");
  await becomes(() => focused(page), `${key}:${await frame.evaluate((it) => [...it.classList].join("."))}`);
}

async function small(page, seen) {
  await open(page);
  await becomes(() => page.locator("#count").textContent(), "12 rows");
  assert.equal(seen.requests.length, 1, "media is loaded when it is played");

  const order = await tab(page, 15);
  assert.equal(order[0], "skip");
  assert.ok(order.slice(1, 6).every((name) => name === "chip"), String(order));
  assert.deepEqual(order.slice(6), [
    "text", "model", "sort", "previews",
    "dawn:frame.play.video.hue-1", "dawn:quiet.more", "dawn:quiet.copy", "dawn:checkbox",
    "fox:frame.play.video.hue-2",
  ]);

  await playsAndCloses(page, "fox", 2);
  assert.equal(new Set(seen.requests).size, 2, "only what is played is loaded");

  log("arrow keys");
  await page.locator(".card .more").first().press("Enter");
  await becomes(() => page.locator("#viewer-place").textContent(), "1 of 12");
  await page.keyboard.press("ArrowRight");
  await becomes(() => page.locator("#viewer-title").textContent(), "fox");
  await page.keyboard.press("ArrowLeft");
  await becomes(() => page.locator("#viewer-title").textContent(), "dawn");
  await becomes(() => page.locator("#viewer .previous").isDisabled(), true);
  await accessible(page, "viewer", "#viewer");
  await pictures(page, "viewer");
  await page.keyboard.press("Escape");

  log("several results, and sound");
  await page.locator(".card", { hasText: "poster" }).locator(".play").press("Enter");
  await until(page, "document.querySelector('#stage img')?.naturalWidth > 0");
  await page.locator("#stage .switch button").nth(1).click();
  await until(page, "document.querySelector('#stage img')?.src.includes('-2.')");
  await page.keyboard.press("Escape");
  await page.locator(".card", { hasText: "theme" }).locator(".play").press("Enter");
  await until(page, "document.querySelector('#stage audio')?.readyState >= 1");
  await page.keyboard.press("Escape");

  log("rows without a result");
  const row = (key) => page.locator(".card").filter({ has: page.locator(".key", { hasText: key }) });
  await becomes(() => row("gone").locator(".frame").innerText(), "The file is gone");
  await becomes(() => row("storm").locator(".reason").textContent(), /the scene cannot be rendered/);
  await becomes(() => row("refused").locator(".reason").textContent(), /ViolationContent/);
  await row("lighthouse").locator(".more").press("Enter");
  const commands = () => page.locator("#info .command code").allTextContents();
  await becomes(async () => (await commands()).length, 3);
  await becomes(async () => (await commands()).join("\n"), /resolve --recreate -- night\/lighthouse$/m);
  await pictures(page, "doubt");
  await page.keyboard.press("Escape");

  log("filter and sort");
  await page.locator("#text").fill("FOX snow");
  await until(page, "document.getElementById('count').textContent === '1 of 12 rows'");
  await becomes(() => keys(page), ["fox"]);
  await page.locator("#text").fill("nothing like this");
  await until(page, "!document.getElementById('none').hidden");
  await page.locator("#clear").click();
  await becomes(() => shown(page).count(), 12);
  await page.locator(".chip[data-state=failed]").click();
  await becomes(() => keys(page), ["storm"]);
  await page.locator(".chip").first().click();
  await page.locator("#model").selectOption("Vidu q2");
  await becomes(async () => { const { length } = await keys(page); return 0 < length && length < 12; }, true);
  await page.locator("#model").selectOption("");
  await page.locator("#sort").selectOption("price");
  await becomes(async () => (await keys(page))[0], "harbour");
  await page.locator("#sort").selectOption("key");
  const sorted = (await keys(page)).sort((one, other) => one.localeCompare(other, undefined, { numeric: true }));
  await becomes(() => keys(page), sorted);
  await page.locator("#sort").selectOption("seq");

  log("copy");
  await row("fox").locator(".copy").click();
  const command = await row("fox").locator("code").textContent();
  await becomes(() => page.evaluate("navigator.clipboard.readText()"), command);
  assert.match(command, /^printf %s '\{"Duration":5,.*\}' \| mps video create --request - --out 'fox-again.\{ext\}'$/);

  log("side by side");
  await row("dawn").locator(".pick input").press("Space");
  await row("fox").locator(".pick input").press("Space");
  await page.locator("#compare").press("Enter");
  await until(page, "document.querySelectorAll('#pair video').length === 2");
  await until(page, "document.querySelectorAll('#differences mark').length >= 2");
  await page.locator("#both").click();
  await until(page, "[...document.querySelectorAll('#pair video')].every((video) => !video.paused)");
  await page.keyboard.press("ArrowRight");
  await becomes(() => page.locator("#right-name").textContent(), "harbour");
  await page.keyboard.press("ArrowLeft");
  await becomes(() => page.locator("#right-name").textContent(), "fox");
  await accessible(page, "side by side", "#pair");
  await pictures(page, "pair");
  await page.keyboard.press("Escape");
  await until(page, "!document.getElementById('pair').open");
  await page.locator("#unpick").click();

  await accessible(page, "gallery");
  await pictures(page, "gallery");
  await page.locator("#previews").check();
  await until(page, "document.querySelectorAll('.card .frame video').length >= 3");
  await until(page, "[...document.querySelectorAll('.card .frame video')].slice(0, 3).every((video) => video.readyState >= 2)");
  await pictures(page, "previews");
  await accessible(page, "previews");
}

async function large(page) {
  await open(page);
  await becomes(() => page.locator("#count").textContent(), "2,000 rows");
  await tab(page, 1);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await becomes(() => focused(page), /^row-1:frame/);
  await playsAndCloses(page, "row-3", 3);

  const timed = async (what, work) => {
    const took = await page.evaluate(`(async () => {
      const begin = performance.now();
      ${work}
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - begin;
    })()`);
    log(`${what}: ${Math.round(took)} ms`);
  };
  await timed("sort", "const sort = document.getElementById('sort'); sort.value = 'key'; sort.dispatchEvent(new Event('change'));");
  await becomes(async () => (await keys(page))[0], "row-1");
  await timed("filter", "const text = document.getElementById('text'); text.value = 'c19'; text.dispatchEvent(new Event('input'));");
  await becomes(() => page.locator("#count").textContent(), "111 of 2,000 rows");
  // All rows are alike, and axe-core looks at every element.
  await accessible(page, "111 of 2,000 rows");
  await page.locator("#text").fill("");
  await until(page, "document.getElementById('count').textContent === '2,000 rows'");
  await becomes(async () => await shown(page).count() < 500, true, "rows are added as the end comes near the screen");
  const before = await shown(page).count();
  await timed("scroll to the end", "scrollTo(0, document.body.scrollHeight);");
  await until(page, `document.querySelectorAll('.card').length > ${before}`);
  await page.evaluate("scrollTo(0, 0)");

  await page.locator(".card:first-child .more").press("Enter");
  await page.keyboard.press("ArrowRight");
  await becomes(() => page.locator("#viewer-place").textContent(), "2 of 2,000");
  await page.keyboard.press("Escape");
  await pictures(page, "large");
}

async function hostile(page, seen) {
  await open(page);
  const count = await shown(page).count();
  assert.ok(count >= 8);
  for (let index = 0; index < count; index += 1) {
    await page.locator(".card .more").nth(index).click();
    await page.keyboard.press("Escape");
  }
  const picks = page.locator(".pick input");
  await picks.nth(0).check();
  await picks.nth(1).check();
  await page.locator("#compare").click();
  for (let index = 0; index < count; index += 1) await page.keyboard.press("ArrowRight");
  await pictures(page, "hostile");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate("document.scripts.length"), 1);
  assert.equal(await page.evaluate("document.querySelectorAll('img, iframe, object, embed, link, base, form').length"), 0);
  assert.equal(seen.requests.length, 1, String(seen.requests));
  await accessible(page, "hostile rows");
}

main({ small, large, hostile }[scenario]);
