#!/usr/bin/env bash
# Finds the reviewed plan for a commit of the default branch: the last successful plan of the pull request that the
# commit merged, as that was in the end. Prints `run` and `artifact` for the step that downloads it.
# Usage: GH_TOKEN=... reviewed-plan.sh COMMIT
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"
otherwise='The next hourly run makes a new plan of the merged configuration and applies it; so does a run of this workflow by hand.'

pull=$(github GET "commits/$1/pulls" | jq --arg commit "$1" 'map(select(.merge_commit_sha == $commit and .merged_at))[0] // empty')
if [ -z "$pull" ]; then
    echo "::error::The commit $1 did not merge a pull request, so it has no reviewed plan. $otherwise" >&2
    exit 1
fi
number=$(jq .number <<<"$pull")
head=$(jq --raw-output .head.sha <<<"$pull")
artifact=koctl-plan-$number-$head
runs=$(github GET "actions/artifacts?name=$artifact&per_page=100" |
    jq '.artifacts | map(select(.expired | not)) | sort_by(.created_at) | reverse | map(.workflow_run.id) | .[]')
# Any workflow of this repository may keep an artifact of that name. Only koctl-plan.yml makes plans: as the pull request
# has it, which was reviewed, or as it is on the default branch, which GITHUB_REF_NAME is.
for run in $runs; do
    if github GET "actions/runs/$run" | jq --exit-status --arg head "$head" '
        .path == ".github/workflows/koctl-plan.yml" and .conclusion == "success"
        and (.event == "pull_request" and .head_sha == $head
            or .event == "workflow_dispatch" and .head_branch == env.GITHUB_REF_NAME)' >/dev/null; then
        printf 'run=%s\nartifact=%s\n' "$run" "$artifact"
        exit 0
    fi
done
echo "::error::There is no successful plan of pull request #$number, which this commit merged. $otherwise" >&2
exit 1
