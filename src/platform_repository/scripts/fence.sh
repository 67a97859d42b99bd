#!/usr/bin/env bash
# Prints a file as a block of code in Markdown. Its fence is longer than any run of backticks in the text, so that the
# text cannot leave it. What is beyond LIMIT characters is left out and said to be: GitHub takes 65,536.
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
    printf '\nThis is not all of it: the text is too long for GitHub. The log of the workflow has the rest.\n'
fi
