# shellcheck shell=bash
# Installs the vendor's SDKs and the official client of agents below target/, and exports the variables that tests/src/official.rs reads.
# Source this file from the root of the repository.

python3 -m venv target/sdks/python
target/sdks/python/bin/pip install --quiet --disable-pip-version-check \
  --requirement tests/sdks/python/requirements.txt
export MPS_TEST_PYTHON="$PWD/target/sdks/python/bin/python"

python3 -m venv target/sdks/tccli
target/sdks/tccli/bin/pip install --quiet --disable-pip-version-check \
  --requirement tests/sdks/tccli/requirements.txt
export MPS_TEST_TCCLI="$PWD/target/sdks/tccli/bin/tccli"

python3 -m venv target/sdks/mcp
target/sdks/mcp/bin/pip install --quiet --disable-pip-version-check \
  --requirement tests/sdks/mcp/requirements.txt
export MPS_TEST_MCP_PYTHON="$PWD/target/sdks/mcp/bin/python"

mkdir -p target/sdks/node
cp tests/sdks/node/package.json target/sdks/node/
npm install --prefix target/sdks/node --ignore-scripts --no-audit --no-fund --no-package-lock --silent
export MPS_TEST_NODE_MODULES="$PWD/target/sdks/node/node_modules"

# Only for `cargo bench --bench peers`, and only where the machine has Go and its modules.
mkdir -p target/sdks/go
cp tests/sdks/go/go.mod tests/sdks/go/main.go target/sdks/go/
if (cd target/sdks/go && go mod tidy && go build -o official_sdk .) 2> target/sdks/go/log; then
  export MPS_TEST_GO="$PWD/target/sdks/go/official_sdk"
else
  echo "the SDK for Go is left out; see target/sdks/go/log"
fi
