# shellcheck shell=bash
# Installs what drives Chromium in tests below target/ and exports the variable that tests/src/browser.rs
# reads. The browser itself is the system's package `chromium`.
# Source this file from the root of the repository.

mkdir -p target/sdks/browser
cp tests/browser/package.json target/sdks/browser/
npm install --prefix target/sdks/browser --ignore-scripts --no-audit --no-fund --no-package-lock --silent
export MPS_TEST_BROWSER_MODULES="$PWD/target/sdks/browser/node_modules"
