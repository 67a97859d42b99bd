#!/usr/bin/env bash
# Commits the changes in some paths, pushes them to a branch, and opens a pull request or updates the open one. Pushes
# nothing if the branch has the same contents already.
# Usage: GH_TOKEN=... propose.sh BRANCH TITLE BODY-FILE PATHSPEC...
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"
branch=$1 title=$2 body=$3
base=$(git symbolic-ref --short HEAD)

if [ -z "$(git status --porcelain --untracked-files=all -- "${@:4}")" ]; then
    echo "Nothing changed: no pull request is needed."
    exit 0
fi
git add --all -- "${@:4}"
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
    commit --quiet --message "$title"

if git_with_token fetch --quiet --depth=1 origin "refs/heads/$branch" 2>/dev/null &&
    [ "$(git rev-parse 'FETCH_HEAD^{tree}')" = "$(git rev-parse 'HEAD^{tree}')" ]; then
    echo "The branch $branch is up to date."
else
    git_with_token push --quiet --force origin "HEAD:refs/heads/$branch"
fi

request=$(jq --null-input --arg title "$title" --rawfile body "$body" '{title: $title, body: $body}')
number=$(github_list "pulls?state=open&base=$base" | jq --slurp --raw-output --arg branch "$branch" \
    'map(select(.head.ref == $branch and .head.repo.full_name == env.GITHUB_REPOSITORY))[0].number // empty')
if [ -n "$number" ]; then
    answer=$(github PATCH "pulls/$number" "$request")
else
    answer=$(github POST pulls "$(jq --arg head "$branch" --arg base "$base" '. + {head: $head, base: $base}' <<<"$request")")
fi
jq --raw-output '"The pull request is \(.html_url)"' <<<"$answer"
