#!/usr/bin/env bash
# Packs a built `mps` for a release, with its licenses, manual and completions, and writes a checksum beside it.
# Prints the name of the archive. `cargo binstall` expects this name and this layout
# (crates/mps-cli/Cargo.toml); tests/tests/release_archive.rs compares them.
#
#   release-archive.sh BINARY VERSION TARGET DIR
#
# The manual and the completions are left out if this machine cannot run the binary.
set -euo pipefail

[[ $# -eq 4 ]] || { echo "usage: release-archive.sh BINARY VERSION TARGET DIR" >&2; exit 2; }
binary=$(realpath "$1") version=$2 target=$3
mkdir -p "$4"
out=$(realpath "$4")
root=$(cd "$(dirname "$0")/.." && pwd)
name=mps-$version-$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"
cp "$binary" "$root"/{README.md,CHANGELOG.md,LICENSE-APACHE,LICENSE-MIT} "$work/$name/"
if "$binary" --quiet version > /dev/null 2>&1; then
  "$binary" --quiet man "$work/$name/man" > /dev/null
  mkdir "$work/$name/completions"
  for shell in bash zsh fish powershell; do
    "$binary" completion "$shell" > "$work/$name/completions/mps.$shell"
  done
fi

cd "$work"
case $target in
  *windows*) archive=$name.zip; 7z a -bso0 "$out/$archive" "$name" ;;
  *) archive=$name.tar.gz; tar -czf "$out/$archive" "$name" ;;
esac
cd "$out"
if command -v sha256sum > /dev/null; then
  sha256sum "$archive" > "$archive.sha256"
else
  shasum -a 256 "$archive" > "$archive.sha256"
fi
echo "$archive"
