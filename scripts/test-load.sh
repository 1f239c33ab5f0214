#!/bin/sh
# Tests what puts load on the gateway: bench is a workspace of its own, which `make test` does not build.
set -eu

cd "$(dirname "$0")/.."
cargo test --quiet --release --locked --manifest-path bench/Cargo.toml -p bench-load --target-dir target/bench
