#!/bin/sh
# Builds the gateway as it is released, and puts it and nginx through the same workloads: bench/load.
# QUICK=1 runs each once, and shorter, and writes nothing.
set -eu

cd "$(dirname "$0")/.."
if ! command -v nginx >/dev/null 2>&1 && [ ! -x /usr/sbin/nginx ]; then
    [ "$(id -u)" != 0 ] || {
        apt-get update -qq && apt-get install -qq -y --no-install-recommends nginx-light
    } >/dev/null 2>&1 || true
    [ -x /usr/sbin/nginx ] || {
        echo "load: install nginx: apt-get install nginx-light" >&2
        exit 1
    }
fi

cargo build --release --locked --bin inference-gateway
cargo build --release --locked --manifest-path bench/Cargo.toml -p bench-load --target-dir target/bench
gateway=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/release/inference-gateway
load=$(pwd)/target/bench/release/bench-load
sh scripts/test-load.sh
cd bench
# Whoever may goes before the machine's other work. Linux weighs whole sessions against each other
# (autogroup), and niceness only within one: so there is one for this alone.
if nice -n -10 true 2>/dev/null; then
    # shellcheck disable=SC2016
    setsid sh -c '
        echo -20 2>/dev/null >/proc/self/autogroup || true
        exec nice -n -10 "$@"
    ' load "$load" "$gateway" ${QUICK:+--quick} &
    trap 'kill -- "-$!"' HUP INT TERM
    wait "$!"
else
    exec "$load" "$gateway" ${QUICK:+--quick}
fi
