#!/bin/sh
# Runs the gateway, and runs it anew when its source or .env changes. What doesn't compile is
# reported, and the gateway that runs goes on. Ctrl-C ends it all.
#
# usage: sh scripts/dev.sh DIRECTORY-OF-BINARIES

set -eu

binaries=$1
stamp=$(mktemp)
gateway=

stop() {
    if [ -n "$gateway" ]; then
        kill "$gateway" 2>/dev/null || true
        wait "$gateway" || true
    fi
    gateway=
}

restart() {
    touch "$stamp"
    if cargo build -p inference-gateway; then
        stop
        "$binaries/inference-gateway" &
        gateway=$!
    else
        echo "dev: does not compile; the next change tries again" >&2
    fi
}

# A folder changes when a file in it comes or goes, so new and deleted files count too.
changed() {
    [ -n "$(find src reasoning-stream/src Cargo.toml .env -newer "$stamp" 2>/dev/null | head -n 1)" ]
}

trap 'code=$?; trap "" HUP INT TERM; stop; rm -f "$stamp"; exit $code' EXIT
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
