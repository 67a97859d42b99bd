#!/usr/bin/env bash
# Sets the output `control-planes` to the control planes whose kong.yaml a push changed. If BEFORE, the commit before
# the push, is unknown, these are all: in a manual run, and after the branch was created again.
# Usage: BEFORE=COMMIT pushed-control-planes.sh, at the root of the repository
set -euo pipefail
scripts=${BASH_SOURCE%/*}
files=':(glob)konnect/*/envs/*/teams/*/kong.yaml'

if [ -n "${BEFORE:-}" ] && git cat-file -e "$BEFORE^{commit}" 2>/dev/null; then
    list=(git diff --name-only --no-renames -z "$BEFORE" HEAD -- "$files")
else
    list=(git ls-files -z -- "$files")
fi
changed=$("${list[@]}" | jq --raw-input --slurp --compact-output 'split("\u0000") | map(select(. != ""))')
bash "$scripts/matrix.sh" "$(bash "$scripts/control-planes.sh")" "$changed"
