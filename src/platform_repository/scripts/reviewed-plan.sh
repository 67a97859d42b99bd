#!/usr/bin/env bash
# Finds the reviewed plan for a commit of the default branch: the pull request that the commit merged, and the last run
# of koctl-plan.yml for it. Prints `run` and `artifact` for the step that downloads it.
# Usage: GH_TOKEN=... reviewed-plan.sh COMMIT
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"
by_hand='Run this workflow by hand: it makes a new plan of the merged configuration and applies it.'

pull=$(github GET "commits/$1/pulls" | jq --arg commit "$1" 'map(select(.merge_commit_sha == $commit and .merged_at))[0] // empty')
if [ -z "$pull" ]; then
    echo "::error::The commit $1 did not merge a pull request, so it has no reviewed plan. $by_hand" >&2
    exit 1
fi
number=$(jq .number <<<"$pull")
head=$(jq --raw-output .head.sha <<<"$pull")
run=$(github GET "actions/workflows/koctl-plan.yml/runs?event=pull_request&status=success&head_sha=$head&per_page=1" |
    jq '.workflow_runs[0].id // empty')
if [ -z "$run" ]; then
    echo "::error::The plan of pull request #$number, which this commit merged, failed. $by_hand" >&2
    exit 1
fi
printf 'run=%s\nartifact=koctl-plan-%s\n' "$run" "$number"
