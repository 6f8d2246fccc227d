// A Restate service whose only step is `mps batch step`, repeated until its row is at an end.
// Usage: node service.mjs PORT MPS MANIFEST OUT

import { spawn } from "node:child_process";
import * as restate from "@restatedev/restate-sdk";

const [port, mps, manifest, out] = process.argv.slice(2);

/** Exit codes of `mps` after which the same step is repeated: the task lives on, or nothing was created. */
const AGAIN = new Set([5, 6]);

/** Runs one step of a row, and returns its exit code. */
function step(key) {
  const command = ["batch", "step", manifest, "--key", key, "--out", out, "--quiet"];
  return new Promise((resolve, reject) => {
    // A pipe, since an ignored stdout is a receipt that could not be written.
    const child = spawn(mps, command, { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.resume();
    child.once("error", reject);
    child.once("exit", (code, signal) => (signal ? reject(new Error(signal)) : resolve(code)));
  });
}

const clips = restate.service({
  name: "clips",
  handlers: {
    make: async (ctx, key) => {
      let exit = await ctx.run("step", () => step(key));
      while (AGAIN.has(exit)) {
        await ctx.sleep(500);
        exit = await ctx.run("step", () => step(key));
      }
      return exit;
    },
  },
});

restate.endpoint().bind(clips).listen(Number(port));
