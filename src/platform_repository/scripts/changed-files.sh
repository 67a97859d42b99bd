#!/usr/bin/env bash
# Prints the files that a pull request adds or changes, separated by NUL, because a path may contain any other
# character. The checkout is the merge of the pull request with its parents (fetch-depth: 2). The first parent is the
# target branch.
# Usage: changed-files.sh PATHSPEC...
set -euo pipefail
git diff --name-only --no-renames --diff-filter=d -z 'HEAD^1' HEAD -- "$@"
