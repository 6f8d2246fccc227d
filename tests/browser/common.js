// What the scripts have in common: a browser that reaches this machine only, checks, and screenshots.
"use strict";
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { chromium } = require("playwright-core");

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Flags beside those of the driver: no request of the browser's own, and no name is looked up. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const WIDE = { width: 1360, height: 900 };
const PHONE = { width: 390, height: 844 };

/** Runs a script's steps with a page; everything that a page must not do fails them. */
async function run(steps) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  try {
    const context = await browser.newContext({ viewport: WIDE, colorScheme: "light" });
    context.setDefaultTimeout(20_000);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    const seen = { requests: [], wrong: [] };
    page.on("request", (request) => seen.requests.push(request.url()));
    page.on("dialog", (dialog) => { seen.wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("pageerror", (error) => seen.wrong.push(`error: ${error}`));
    page.on("console", (message) => {
      if (message.type() === "error") seen.wrong.push(`console: ${message.text()}`);
    });
    context.on("page", (other) => seen.wrong.push(`another page: ${other.url()}`));
    await steps(page, seen);
    assert.deepEqual(seen.wrong, []);
    const foreign = seen.requests.filter((url) => !/^(file:|blob:|http:\/\/127\.0\.0\.1:)/.test(url));
    assert.deepEqual(foreign, [], "requests to other hosts");
  } finally {
    await browser.close();
  }
}

/** Fails if axe-core finds a violation, in both colour schemes. */
async function accessible(page, what, scope) {
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const violations = await page.evaluate(async (scope) => {
      const { violations } = await globalThis.axe.run(scope ?? document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
    }, scope);
    assert.deepEqual(violations, [], `${what}, ${colorScheme}`);
  }
  log(`axe: ${what}`);
}

/** Takes screenshots in both schemes and at both widths. */
async function pictures(page, name) {
  for (const [width, size] of [["wide", WIDE], ["phone", PHONE]]) {
    await page.setViewportSize(size);
    for (const colorScheme of ["dark", "light"]) {
      await page.emulateMedia({ colorScheme });
      const path = join(process.env.SCREENSHOTS, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path });
      log(path);
    }
  }
  await page.setViewportSize(WIDE);
}

/**
 * Waits until an expression is true in the page. Asked from outside: the page's policy allows it no
 * evaluation of text.
 */
async function until(page, expression) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await page.evaluate(expression)) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`not within 20 s: ${expression}`);
}

/** Prints a line with the seconds since the start. */
function log(line) {
  console.log(`${(performance.now() / 1_000).toFixed(1).padStart(5)} s  ${line}`);
}

function main(steps) {
  run(steps).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

module.exports = { accessible, assert, log, main, pictures, until, PHONE, WIDE };
