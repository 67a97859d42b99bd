#!/usr/bin/env bash
# Writes decK's kong-from-oas.yaml next to every staged specification of one environment, and removes those without a
# specification.
# Usage: convert-specs.sh konnect/ORGANIZATION/envs/ENVIRONMENT
set -euo pipefail
environment=$1

while IFS= read -r -d '' spec; do
    service=${spec%/openapi.yaml}
    echo "Converting $spec"
    deck file openapi2kong --spec "$spec" |
        deck file patch --output-file "$service/kong-from-oas.yaml" "$service/ko-patch.yaml"
done < <(find "$environment/teams" -type f -name openapi.yaml -print0 | LC_ALL=C sort --zero-terminated)

while IFS= read -r -d '' converted; do
    if [ ! -e "${converted%/*}/openapi.yaml" ]; then
        echo "Removing $converted, whose specification is gone"
        rm -- "$converted"
    fi
done < <(find "$environment/teams" -type f -name kong-from-oas.yaml -print0)
