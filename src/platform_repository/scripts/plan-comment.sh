#!/usr/bin/env bash
# Shows a plan as a comment on a pull request. Every new plan replaces the comment.
# Usage: GH_TOKEN=... plan-comment.sh NUMBER FILE EXIT-CODE
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"
scripts=${BASH_SOURCE%/*}
number=$1 plan=$2 code=$3
marker='<!-- koctl plan -->'

case $code in
    0) heading='### koctl plan' ;;
    *) heading='### koctl plan failed' ;;
esac
body=$(printf '%s\n%s\n\n%s\n' "$marker" "$heading" "$(bash "$scripts/fence.sh" "$plan" text)")
request=$(jq --null-input --arg body "$body" '{body: $body}')

comment=$(github_list "issues/$number/comments" | jq --slurp --arg marker "$marker" \
    'map(select(.user.type == "Bot" and (.body | startswith($marker))))[0].id // empty')
if [ -n "$comment" ]; then
    github PATCH "issues/comments/$comment" "$request" >/dev/null
else
    github POST "issues/$number/comments" "$request" >/dev/null
fi
