#!/usr/bin/env bash
# Prints the files with uncommitted changes, as a JSON array of paths.
# Usage: uncommitted-files.sh PATHSPEC...
set -euo pipefail
git status --porcelain=v1 -z --no-renames --untracked-files=all -- "$@" |
    jq --raw-input --slurp --compact-output 'split("\u0000") | map(select(. != "") | .[3:])'
