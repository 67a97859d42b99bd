#!/usr/bin/env bash
# Merges the services of the teams on one control plane, and writes the changes of a sync to FILE.
# Usage: ORGANIZATION=... REGION=... CONTROL_PLANE=... merge-and-diff.sh FILE
set -euo pipefail
scripts=${BASH_SOURCE%/*}

bash "$scripts/control-planes.sh" | jq --raw-output '
    .[] | select(.organization == env.ORGANIZATION and .region == env.REGION and .name == env.CONTROL_PLANE)
    | .folders[]' |
    while IFS= read -r team; do
        bash "$scripts/merge-services.sh" "$team"
    done
bash "$scripts/gateway.sh" diff | tee "$1"
