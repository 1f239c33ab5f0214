#!/bin/sh
# What the tests need beside the toolchain: Redis, nginx, curl and tmux, real ones. Installs what is missing, if it may.
set -eu

missing=""
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
command -v tmux >/dev/null 2>&1 || missing="$missing tmux"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # The tests start their own: the system's service is not wanted.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    { apt-get update && apt-get install -y --no-install-recommends $missing; } >/dev/null 2>&1 && exit 0
fi
echo "make test needs$missing: sudo apt-get install$missing" >&2
exit 1
