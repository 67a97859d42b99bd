#!/usr/bin/env bash
# Checks the decK files of a pull request, and the results of converting its staged specifications, against
# konnect/rules/deck.yaml.
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

while IFS= read -r -d '' spec; do
    echo "Checking the result of converting $spec"
    deck file openapi2kong --spec "$spec" |
        deck file patch "${spec%/openapi.yaml}/ko-patch.yaml" |
        "${lint[@]}" konnect/rules/deck.yaml || failed=1
done < <(bash "$scripts/changed-files.sh" ':(glob)konnect/*/envs/*/teams/*/services/**/openapi.yaml')
exit "$failed"
