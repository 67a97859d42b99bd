#!/usr/bin/env bash
# Tells the control planes whose kong.yaml a push changed, as the output `control-planes`. All of them where BEFORE, the
# commit before the push, is not known: in a run by hand, and after the branch was made anew.
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
