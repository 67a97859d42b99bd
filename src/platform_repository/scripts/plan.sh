#!/usr/bin/env bash
# Makes a plan. Saves it as FOLDER/plan.koctl, and as FOLDER/comment.md, which fits into a comment on GitHub. The summary of
# the run has more room, and all details. After a failure, both say why. Sets the output `code` to the exit code of koctl.
# Usage: plan.sh FOLDER
set -euo pipefail
scripts=${BASH_SOURCE%/*}
folder=$1
errors=$RUNNER_TEMP/errors.txt
mkdir -p "$folder"

code=0
koctl plan --color never --out "$folder/plan.koctl" 2>"$errors" || code=$?
cat "$errors" >&2
echo "code=$code" >>"$GITHUB_OUTPUT"

# page BYTES - prints the plan, its counts in the heading, and what failed.
page() {
    [ "$code" -eq 0 ] || printf '### koctl plan failed\n\n%s\n\n' "$(bash "$scripts/fence.sh" "$errors" text 4000)"
    [ ! -e "$folder/plan.koctl" ] || koctl show --markdown --limit "$1" "$folder/plan.koctl" |
        sed --regexp-extended '1s/^\*\*(Plan: )?(.*)\*\*$/### koctl plan: \2/'
}

# GitHub takes 65,536 characters in a comment, and a mebibyte in a summary.
page 900000 >>"$GITHUB_STEP_SUMMARY"
{
    page 58000
    printf '\nThe [summary of the run](%s) has all details.\n' \
        "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
} >"$folder/comment.md"
exit "$code"
