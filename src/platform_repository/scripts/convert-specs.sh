#!/usr/bin/env bash
# Writes decK's kong-from-oas.yaml next to every staged specification of one environment, and removes those without a
# specification.
# Usage: convert-specs.sh konnect/ORGANIZATION/envs/ENVIRONMENT
set -euo pipefail
scripts=${BASH_SOURCE%/*}
environment=$1

while IFS= read -r -d '' spec; do
    converted=${spec%/openapi.yaml}/kong-from-oas.yaml
    echo "Converting $spec"
    bash "$scripts/convert-spec.sh" "$spec" >"$converted.new"
    mv -- "$converted.new" "$converted"
done < <(find "$environment/teams" -type f -name openapi.yaml -print0 | LC_ALL=C sort --zero-terminated)

while IFS= read -r -d '' converted; do
    if [ ! -e "${converted%/*}/openapi.yaml" ]; then
        echo "Removing $converted, whose specification is gone"
        rm -- "$converted"
    fi
done < <(find "$environment/teams" -type f -name kong-from-oas.yaml -print0)
