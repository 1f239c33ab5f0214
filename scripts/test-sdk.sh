#!/bin/sh
# Real SDKs against the built gateway, and the tools that hold its API reference to it. They are installed
# below target/, once for each list of versions; both lists are pinned in tests/sdk.
#
# usage: sh scripts/test-sdk.sh DIRECTORY-OF-BINARIES

set -eu

for tool in python3 node npm; do
    command -v "$tool" >/dev/null || { echo "test-sdk: $tool is needed, and not there" >&2; exit 1; }
done
here=tests/sdk
cache=${CARGO_TARGET_DIR:-target}/sdk
mkdir -p "$cache/node"

# Runs the rest when this list differs from the one that was installed last.
unless_installed() {
    list=$1
    shift
    if ! cmp -s "$list" "$cache/$(basename "$list").installed"; then
        "$@"
        cp "$list" "$cache/$(basename "$list").installed"
    fi
}

install_python() {
    python3 -m venv --clear "$cache/python"
    "$cache/python/bin/pip" install --quiet --requirement "$here/requirements.txt"
}

install_node() {
    cp "$here/package.json" "$here/package-lock.json" "$cache/node"
    npm ci --silent --no-audit --no-fund --prefix "$cache/node"
}

unless_installed "$here/requirements.txt" install_python
unless_installed "$here/package-lock.json" install_node
exec "$cache/python/bin/python" "$here/run.py" "$1" "$cache/node"
