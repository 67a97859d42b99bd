#!/usr/bin/env bash
# Shows a plan, which plan.sh wrote to FILE, as a comment on a pull request. Every new plan replaces the comment.
# Usage: GH_TOKEN=... plan-comment.sh NUMBER FILE
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"
number=$1 plan=$2
marker='<!-- koctl plan -->'

request=$(jq --null-input --arg marker "$marker" --rawfile plan "$plan" '{body: "\($marker)\n\($plan)"}')
comment=$(github_list "issues/$number/comments" | jq --slurp --arg marker "$marker" \
    'map(select(.user.type == "Bot" and (.body | startswith($marker))))[0].id // empty')
if [ -n "$comment" ]; then
    github PATCH "issues/comments/$comment" "$request" >/dev/null
else
    github POST "issues/$number/comments" "$request" >/dev/null
fi
