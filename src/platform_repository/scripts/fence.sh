#!/usr/bin/env bash
# Prints a file as a block of code in Markdown. Its fence is longer than any run of backticks in the text, so that the
# text cannot leave it. What is beyond LIMIT bytes is left out and said to be: GitHub takes 65,536 characters.
# Usage: fence.sh FILE LANGUAGE [LIMIT]
set -euo pipefail
limit=${3:-60000}

# A character that the limit cuts in two is left out too.
text=$(head --bytes="$limit" -- "$1" | iconv --from-code=utf-8 --to-code=utf-8 -c)
fence='```'
while [[ $text == *"$fence"* ]]; do
    fence+='`'
done
printf '%s%s\n%s\n%s\n' "$fence" "$2" "$text" "$fence"
if [ "$(wc --bytes <"$1")" -gt "$limit" ]; then
    printf '\nThis is not all of it: the text is too long for GitHub. The log of the workflow has the rest.\n'
fi
