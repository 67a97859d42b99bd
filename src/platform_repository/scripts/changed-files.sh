#!/usr/bin/env bash
# Prints the files that a pull request adds or changes, each ended by a NUL, since a path may hold anything else. The
# checkout is the merge of the pull request, with its parents (fetch-depth: 2): the first one is what it is merged into.
# Usage: changed-files.sh PATHSPEC...
set -euo pipefail
git diff --name-only --no-renames --diff-filter=d -z 'HEAD^1' HEAD -- "$@"
