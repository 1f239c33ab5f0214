#!/bin/sh
# Prints what a URL answers. Fails when it answers an error, or nothing within five seconds.
#
# usage: sh scripts/get.sh URL

set -eu

if ! command -v curl >/dev/null 2>&1; then
    echo "needs curl; or open $1 in a browser" >&2
    exit 1
fi
curl --fail-with-body --silent --show-error --max-time 5 --noproxy 127.0.0.1,localhost "$1"
echo
