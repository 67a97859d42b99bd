#!/usr/bin/env bash
# Makes a plan, and saves it as FOLDER/plan.koctl and as text in FOLDER/plan.txt. After a failure, the text is the
# error. Sets the output `code` to the exit code of koctl.
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
