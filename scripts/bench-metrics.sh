#!/bin/sh
# What watching costs. First the instructions that metrics and traces take for a chunk, counted in the
# gateway's own relay: at most 5 % of all that the relay takes. Then how long a scrape of /metrics takes
# while 5,000 streams are open: at most 50 ms for nineteen of twenty, in one of three rounds; fewer streams
# where ulimit -n allows fewer.
#
# bench-metrics.sh [--count]: with it, the instructions alone.
set -eu

cd "$(dirname "$0")/.."
folder=$(pwd)/target/bench
limit=5

if ! command -v valgrind >/dev/null 2>&1; then
    [ "$(id -u)" != 0 ] || {
        apt-get update -qq && apt-get install -qq -y --no-install-recommends valgrind
    } >/dev/null 2>&1 || true
    command -v valgrind >/dev/null 2>&1 || {
        echo "bench-metrics: install valgrind: apt-get install valgrind" >&2
        exit 1
    }
fi

cargo build --quiet --release --locked --manifest-path bench/Cargo.toml -p bench-relay --target-dir "$folder"

# Instructions of a whole run.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$folder/release/bench-relay" "$@" 2>&1 |
        sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

# Instructions of one chunk.
chunk() {
    few=$(count "$1" 1000)
    many=$(count "$1" 3000)
    [ -n "$few" ] && [ -n "$many" ] || {
        echo "bench-metrics: $1 can't be counted" >&2
        exit 1
    }
    echo $(((many - few) / 2000))
}

off=$(chunk off)
traces=$(chunk traces)
metrics=$(chunk metrics)
echo "$off $traces $metrics" | awk -v limit="$limit" '{
    # Metrics are always on: what they take is a part of the first figure.
    bare = $1 - $3
    share = 100 * ($2 - bare) / bare
    printf "instructions for a chunk: %d without both, %d for metrics, %d for traces: %.1f %%, at most %d %%\n",
        bare, $3, $2 - $1, share, limit
    exit share > limit
}'

[ "${1:-}" != --count ] || exit 0
cargo build --quiet --release --locked --manifest-path bench/Cargo.toml -p bench-load --target-dir "$folder"
cargo build --quiet --release --locked --bin inference-gateway
gateway=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/release/inference-gateway
"$folder/release/bench-load" "$gateway" --scrapes
