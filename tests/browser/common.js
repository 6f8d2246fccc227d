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

/** Milliseconds that a step may take, generous for a busy machine. */
const MAX_WAIT_MS = 120_000;
const pause = () => new Promise((done) => setTimeout(done, 20));

const WIDE = { width: 1360, height: 900 };
const PHONE = { width: 390, height: 844 };

/**
 * Runs a script's steps with a page; everything that a page must not do fails them. A refusal that a step asks for is
 * no error of the page: the step adds its `status` and `path` to `refusals`, whenever the browser may report it.
 */
async function run(steps) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  try {
    const context = await browser.newContext({ viewport: WIDE, colorScheme: "light" });
    context.setDefaultTimeout(MAX_WAIT_MS);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    const seen = { requests: [], wrong: [], refusals: [] };
    page.on("request", (request) => seen.requests.push(request.url()));
    page.on("dialog", (dialog) => { seen.wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("pageerror", (error) => seen.wrong.push(`error: ${error}`));
    page.on("console", (message) => {
      if (message.type() === "error") seen.wrong.push(`console: ${message.text()} ${message.location().url}`);
    });
    context.on("page", (other) => seen.wrong.push(`another page: ${other.url()}`));
    await steps(page, seen);
    const isExpected = (text) => seen.refusals.some(({ status, path }) => text.includes(`status of ${status}`) && text.endsWith(path));
    assert.deepEqual(seen.wrong.filter((text) => !isExpected(text)), []);
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
  await becomes(async () => Boolean(await page.evaluate(expression)), true, expression);
}

/**
 * Waits until what `read` returns equals a value, or matches a regular expression. What a page does after an event is
 * not done when the event is, so nothing is asserted after one look.
 */
async function becomes(read, expected, what = String(read)) {
  const check = expected instanceof RegExp ? assert.match : assert.deepEqual;
  for (const end = Date.now() + MAX_WAIT_MS;;) {
    try {
      return check(await read(), expected);
    } catch (difference) {
      if (Date.now() < end) await pause();
      else throw new Error(`not within ${MAX_WAIT_MS / 1_000} s: ${what}\n${difference.message}`);
    }
  }
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

module.exports = { accessible, assert, becomes, log, main, pictures, until, PHONE, WIDE };
