#!/bin/sh
# Counts the instructions that the chain takes for 1,000 chunks, and fails where they are over 5 % more than
# the baseline. A count is the same however busy the machine is; it depends on the processor's kind.
#
# bench-gate.sh [--write]: with it, the counts become the baseline.
set -eu

cd "$(dirname "$0")/.."
baseline=bench/chain/baseline.txt
folder=$(pwd)/target/bench
slack=5

if [ "$(uname -m)" != x86_64 ] || ! grep -q '\bavx2\b' /proc/cpuinfo 2>/dev/null; then
    echo "bench-gate: not judged: the baseline is of x86-64 with AVX2"
    # In CI a check that can't be made fails.
    [ -z "${CI:-}" ]
    exit
fi
if ! command -v valgrind >/dev/null 2>&1; then
    [ "$(id -u)" != 0 ] || {
        apt-get update -qq && apt-get install -qq -y --no-install-recommends valgrind
    } >/dev/null 2>&1 || true
    command -v valgrind >/dev/null 2>&1 || {
        echo "bench-gate: install valgrind: apt-get install valgrind" >&2
        exit 1
    }
fi

cargo build --quiet --release --locked --manifest-path bench/Cargo.toml -p bench-chain \
    --target-dir "$folder"

# Instructions of a whole run.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$folder/release/bench-chain" "$@" 2>&1 |
        sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

counts="$folder/counts.txt"
: >"$counts"
for input in $(sed 's/ .*//' "$baseline"); do
    few=$(count "$input" 2)
    many=$(count "$input" 12)
    [ -n "$few" ] && [ -n "$many" ] || {
        echo "bench-gate: $input can't be counted" >&2
        exit 1
    }
    echo "$input $(((many - few) / 10))" >>"$counts"
done

if [ "${1:-}" = --write ]; then
    cp "$counts" "$baseline"
    cat "$baseline"
    exit 0
fi

echo "instructions for 1,000 chunks; at most $slack % over the baseline"
paste -d ' ' "$baseline" "$counts" | awk -v slack="$slack" '
    {
        change = 100 * ($4 - $2) / $2
        printf "  %-16s %10d  baseline %10d  %+6.1f %%\n", $1, $4, $2, change
        if (change > slack) slower = slower " " $1
        if (change < -slack) faster = faster " " $1
    }
    END {
        if (faster) print "faster:" faster "; scripts/bench-gate.sh --write keeps it so"
        if (slower) { print "slower:" slower; exit 1 }
    }'
