#!/bin/sh
# Runs the gateway, and runs it anew when its source or .env changes. What doesn't compile is
# reported, and the gateway that runs goes on. Ctrl-C ends it all.
#
# usage: sh scripts/dev.sh DIRECTORY-OF-BINARIES

set -eu

binaries=$1
seen=
gateway=

stop() {
    if [ -n "$gateway" ]; then
        kill "$gateway" 2>/dev/null || true
        wait "$gateway" || true
    fi
    gateway=
}

restart() {
    seen=$(contents)
    if cargo build -p inference-gateway; then
        stop
        "$binaries/inference-gateway" &
        gateway=$!
    else
        echo "dev: does not compile; the next change tries again" >&2
    fi
}

# What the watched files hold. Their times would not do: two changes may have the same.
contents() {
    find src reasoning-stream/src Cargo.toml .env -type f -exec cksum {} + 2>/dev/null | cksum
}

changed() {
    [ "$(contents)" != "$seen" ]
}

trap 'code=$?; trap "" HUP INT TERM; stop; exit $code' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

restart
while sleep 1; do
    if changed; then
        echo "dev: something changed, building" >&2
        restart
    fi
done
