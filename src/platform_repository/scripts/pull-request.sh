#!/usr/bin/env bash
# Finds an open pull request of this repository. Prints `head`, its last commit, and `merge`, the result of merging it.
# Usage: GH_TOKEN=... pull-request.sh NUMBER
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"
number=$1

refuse() {
    echo "::error::Pull request #$number $1" >&2
    exit 1
}

# GitHub merges for a test after it is asked, which takes a moment.
for pause in 1 2 4 8 15 30 0; do
    pull=$(github GET "pulls/$number")
    [ "$(jq .mergeable <<<"$pull")" = null ] || break
    sleep "${KOCTL_TEST_PAUSE:-$pause}"
done
jq --exit-status '.state == "open"' <<<"$pull" >/dev/null || refuse 'is not open, so it needs no plan.'
jq --exit-status '.head.repo.full_name == env.GITHUB_REPOSITORY' <<<"$pull" >/dev/null ||
    refuse 'is from another repository. Such pull requests have no plan, because they must not see secrets.'
jq --exit-status '.mergeable != null' <<<"$pull" >/dev/null ||
    refuse 'has no test merge yet. Run this workflow again in a minute.'
jq --exit-status '.mergeable' <<<"$pull" >/dev/null ||
    refuse 'conflicts with the default branch. Resolve the conflicts; the push makes a new plan.'
jq --raw-output '"head=\(.head.sha)\nmerge=\(.merge_commit_sha)"' <<<"$pull"
