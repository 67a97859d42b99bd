#!/usr/bin/env bash
# Checks the decK files of a pull request, and the results of converting its staged specifications and those whose plugins
# it changes, against konnect/rules/deck.yaml.
# Usage: lint-deck.sh, in the checkout of a pull request
set -euo pipefail
scripts=${BASH_SOURCE%/*}
lint=(deck file lint --fail-severity error)

failed=0
while IFS= read -r -d '' file; do
    echo "Checking $file"
    "${lint[@]}" --state "$file" konnect/rules/deck.yaml || failed=1
done < <(bash "$scripts/changed-files.sh" \
    ':(glob)konnect/*/envs/*/teams/*/services/**/kong-from-oas.yaml' ':(glob)konnect/*/envs/*/teams/*/kong.yaml')

# specifications - prints the changed specifications, and those beside changed plugins, separated by NUL.
specifications() {
    bash "$scripts/changed-files.sh" ':(glob)konnect/*/envs/*/teams/*/services/**/openapi.yaml'
    while IFS= read -r -d '' plugins; do
        find "${plugins%/*}" -maxdepth 1 -type f -name openapi.yaml -print0
    done < <(bash "$scripts/changed-files.sh" ':(glob)konnect/*/envs/*/teams/*/services/**/plugins.yaml')
}

while IFS= read -r -d '' spec; do
    echo "Checking the result of converting $spec"
    bash "$scripts/convert-spec.sh" "$spec" | "${lint[@]}" konnect/rules/deck.yaml || failed=1
done < <(specifications | LC_ALL=C sort --zero-terminated --unique)
exit "$failed"
