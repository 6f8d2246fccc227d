// Runs a batch through Restate's own server, kills the server and the service in the middle, and compares
// the ends of all rows with the emulator's bill.
// Usage: npm ci && node run.mjs MPS [ROWS] [KILLS]

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const [mps, rows = "30", kills = "10"] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "mps-restate-"));
console.error(`messages: ${join(home, "log")}`);
const keys = Array.from({ length: Number(rows) }, (_, row) => `row-${row}`);
const manifest = join(home, "clips.jsonl");
const out = join(home, "clips");
const row = (id) => JSON.stringify({ id, ModelName: "Kling", Prompt: `clip ${id}`, Duration: 5 });
writeFileSync(manifest, keys.map((id) => `${row(id)}\n`).join(""));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

const children = new Set();
const log = openSync(join(home, "log"), "a");

/** Starts a program in a process group of its own, so that a kill takes the commands that it runs too. */
function start(program, args, env, stdout = "ignore") {
  const options = { env, detached: true, stdio: ["ignore", stdout, log] };
  const child = spawn(program, args, options);
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Keeps a program running as a supervisor does: a killed server's port may be taken for a while. */
async function supervise(start, name) {
  while (!finished) {
    running[name] = start();
    await once(running[name], "exit");
    await sleep(200);
  }
}

process.once("exit", () => {
  for (const child of children) process.kill(-child.pid, "SIGKILL");
});

const times = ["--queue-time", "0s", "--render-time", "1s"];
const emulator = start(mps, ["emulator", "--quiet", ...times], process.env, "pipe");
const [line] = await once(createInterface(emulator.stdout), "line");
const { endpoint, secret_id, secret_key } = JSON.parse(line);
const bill = async () => (await fetch(`${endpoint}/_emulator/v1/bill`)).json();

const [ingress, admin, node, port] = [await freePort(), await freePort(), await freePort(), await freePort()];
const environment = {
  PATH: process.env.PATH,
  HOME: home,
  MPS_LEDGER: process.env.MPS_LEDGER ?? "",
  MPS_ENDPOINT: endpoint,
  TENCENTCLOUD_SECRET_ID: secret_id,
  TENCENTCLOUD_SECRET_KEY: secret_key,
  RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
  RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
  RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
  RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}/`,
  RESTATE_LISTEN_MODE: "tcp",
  DO_NOT_TRACK: "1",
};
// The program itself: its launcher would end before it.
const packaged = `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}`;
const programs = {
  server: () => start(join(here, packaged, "bin/restate-server"), ["--base-dir", join(home, "restate"), "--node-name", "one"], environment),
  service: () => start("node", [join(here, "service.mjs"), port, mps, manifest, out], environment),
};
const running = {};
let finished = false;
for (const [name, start] of Object.entries(programs)) supervise(start, name);

/** Repeats a request until it succeeds: the server may be starting, or killed. */
async function request(url, options) {
  for (;;) {
    try {
      const response = await fetch(url, options);
      if (response.ok) return await response.text();
    } catch {
      // Asked again.
    }
    await sleep(200);
  }
}

const post = (url, body, headers = {}) =>
  request(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

await post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${port}` });
const ends = Promise.all(
  keys.map((key) =>
    post(`http://127.0.0.1:${ingress}/clips/make`, key, { "idempotency-key": key }).then(Number),
  ),
);

ends.then(() => (finished = true));
let killed = 0;
while (killed < Number(kills) && !finished) {
  await sleep(1_000 + Math.random() * 2_000);
  const child = running[Math.random() < 0.5 ? "server" : "service"];
  if (!children.has(child)) continue;
  process.kill(-child.pid, "SIGKILL");
  killed += 1;
}

const count = (exit) => exits.filter((it) => it === exit).length;
const exits = await ends;
const { creates, duplicates } = await bill();
const files = readdirSync(out).filter((name) => name.endsWith(".mp4")).length;
const [done, doubts] = [count(0), count(9)];
console.log(JSON.stringify({ rows: keys.length, killed, done, doubts, creates, duplicates, files }));
assert.equal(duplicates, 0);
assert.equal(done + doubts, keys.length, `exit codes: ${[...new Set(exits)]}`);
assert.equal(files, done);
assert.ok(creates >= done && creates <= keys.length);
process.exit(0);
