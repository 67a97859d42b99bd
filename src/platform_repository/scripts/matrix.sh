#!/usr/bin/env bash
# Tells the control planes that some kong.yaml belong to, as the output `control-planes`: a JSON array of
# {"organization", "region", "name", "branch"}.
# Usage: matrix.sh CONTROL-PLANES FILES, both JSON arrays
set -euo pipefail
planes=$(jq --compact-output --argjson files "$2" '
    map(select(.folders | any(IN("\(.)/kong.yaml"; $files[])))
        | {organization, region, name,
            branch: "deck/kong/\(.organization | @uri)/\(.region)/\(.name | @uri | gsub("\\."; "%2E"))"})' <<<"$1")
echo "control-planes=$planes" >>"$GITHUB_OUTPUT"
