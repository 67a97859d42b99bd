#!/usr/bin/env bash
# Merges the services of all teams, and sets the output `control-planes` to those whose configuration changed: a JSON
# array of {"organization", "region", "name", "branch"}.
# Usage: changed-control-planes.sh, at the root of the repository
set -euo pipefail
scripts=${BASH_SOURCE%/*}

planes=$(bash "$scripts/control-planes.sh")
jq --raw-output '.[].folders[]' <<<"$planes" | while IFS= read -r team; do
    bash "$scripts/merge-services.sh" "$team"
done
changed=$(bash "$scripts/uncommitted-files.sh" ':(glob)konnect/*/envs/*/teams/*/kong.yaml')
bash "$scripts/matrix.sh" "$planes" "$changed"
