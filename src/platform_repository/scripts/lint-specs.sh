#!/usr/bin/env bash
# Checks the specifications that a pull request stages against konnect/rules/openapi.yaml.
# Usage: lint-specs.sh, in the checkout of a pull request
set -euo pipefail
scripts=${BASH_SOURCE%/*}

failed=0
while IFS= read -r -d '' spec; do
    echo "Checking $spec"
    # Spectral treats file names as patterns, so it gets the text.
    npm exec --yes --ignore-scripts -- @stoplight/spectral-cli@6.16.3 lint --ruleset konnect/rules/openapi.yaml \
        --fail-severity error --stdin-filepath "$PWD/$spec" <"$spec" || failed=1
done < <(bash "$scripts/changed-files.sh" ':(glob)konnect/*/envs/*/teams/*/services/**/openapi.yaml')
exit "$failed"
