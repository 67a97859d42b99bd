#!/usr/bin/env bash
# Closes a workflow's obsolete pull requests, and deletes their branches: those whose branch begins with PREFIX and is
# not in the JSON array WANTED. Merging one would restore what was removed since.
# Usage: GH_TOKEN=... withdraw.sh PREFIX WANTED
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"

open=$(github_list 'pulls?state=open')
stale=$(jq --compact-output --arg prefix "$1" --argjson wanted "$2" '
    select(.head.repo.full_name == env.GITHUB_REPOSITORY)
    | select(.head.ref | startswith($prefix) and (IN($wanted[]) | not))
    | {number, branch: .head.ref}' <<<"$open")
while IFS= read -r pull; do
    [ -n "$pull" ] || continue
    number=$(jq .number <<<"$pull")
    echo "Closing pull request #$number, which is obsolete"
    github PATCH "pulls/$number" '{"state": "closed"}' >/dev/null
    github DELETE "git/refs/heads/$(jq --raw-output '.branch | split("/") | map(@uri) | join("/")' <<<"$pull")" >/dev/null
done <<<"$stale"
