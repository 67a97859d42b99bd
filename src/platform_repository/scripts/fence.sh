#!/usr/bin/env bash
# Prints a file as a code block in Markdown. Its fence is longer than any run of backticks in the text, so that the text
# cannot end it. Characters beyond LIMIT are left out, with a note: GitHub accepts 65,536.
# Usage: fence.sh FILE LANGUAGE [LIMIT]
set -euo pipefail
limit=${3:-60000}

text=$(jq --raw-input --slurp --raw-output --argjson limit "$limit" '.[:$limit]' "$1")
fence='```'
while [[ $text == *"$fence"* ]]; do
    fence+='`'
done
printf '%s%s\n%s\n%s\n' "$fence" "$2" "$text" "$fence"
if jq --exit-status --raw-input --slurp --argjson limit "$limit" 'length > $limit' "$1" >/dev/null; then
    printf '\nThe text is incomplete, because it is too long for GitHub. The log of the workflow has the rest.\n'
fi
