#!/usr/bin/env bash
# Sets the output `control-planes` to the control planes of some kong.yaml files: a JSON array of
# {"organization", "region", "name", "branch"}.
# Usage: matrix.sh CONTROL-PLANES FILES, both JSON arrays
set -euo pipefail
planes=$(jq --compact-output --argjson files "$2" '
    map(select(.folders | any(IN("\(.)/kong.yaml"; $files[])))
        | {organization, region, name,
            branch: "deck/kong/\(.organization | @uri)/\(.region)/\(.name | @uri | gsub("\\."; "%2E"))"})' <<<"$1")
echo "control-planes=$planes" >>"$GITHUB_OUTPUT"
