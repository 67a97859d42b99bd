#!/usr/bin/env bash
# Plans, saves the plan as FOLDER/plan.koctl, and what a person is to read as FOLDER/plan.txt: the plan, or why there is
# none. Tells the exit code of koctl as the output `code`.
# Usage: plan.sh FOLDER
set -euo pipefail
folder=$1
mkdir -p "$folder"

code=0
koctl plan --color never --out "$folder/plan.koctl" >"$folder/plan.txt" 2>"$folder/errors.txt" || code=$?
cat "$folder/plan.txt"
cat "$folder/errors.txt" >&2
[ "$code" -eq 0 ] || cat "$folder/errors.txt" >>"$folder/plan.txt"
rm "$folder/errors.txt"
echo "code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
