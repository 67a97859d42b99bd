#!/usr/bin/env bash
# Starts koctl-plan.yml for each open pull request that it made a plan for: those of this repository that change files
# which a plan depends on.
# Usage: GH_TOKEN=... DEFAULT_BRANCH=... replan.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"

open=$(github_list "pulls?state=open&base=$(jq --raw-output --null-input '$ENV.DEFAULT_BRANCH | @uri')")
numbers=$(jq 'select(.head.repo.full_name == env.GITHUB_REPOSITORY) | .number' <<<"$open")
for number in $numbers; do
    files=$(github_list "pulls/$number/files")
    # The same paths as in koctl-plan.yml.
    if jq --slurp --exit-status 'map(.filename, .previous_filename // empty)
        | any(test("^konnect/[^/]*\\.yaml$|^konnect/[^/]*/envs/[^/]*/portal/|^\\.github/workflows/koctl-[^/]*\\.yml$|^\\.github/koctl/"))' \
        <<<"$files" >/dev/null; then
        echo "Planning pull request #$number again"
        github POST actions/workflows/koctl-plan.yml/dispatches "$(jq --null-input --arg number "$number" \
            '{ref: env.DEFAULT_BRANCH, inputs: {"pull-request": $number}}')" >/dev/null
    fi
done
