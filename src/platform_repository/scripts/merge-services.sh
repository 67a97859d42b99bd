#!/usr/bin/env bash
# Makes a team's kong.yaml of the kong-from-oas.yaml of its services. A team whose last service is gone keeps a file that
# asks for nothing, so that the next sync takes the service away from the gateway too.
# Usage: merge-services.sh konnect/ORGANIZATION/envs/ENVIRONMENT/teams/TEAM
set -euo pipefail
team=$1

mapfile -d '' -t services < <(find "$team" -type f -name kong-from-oas.yaml -print0 | LC_ALL=C sort --zero-terminated)
if [ "${#services[@]}" -gt 0 ]; then
    deck file merge --output-file "$team/kong.yaml" "${services[@]}"
elif [ -e "$team/kong.yaml" ]; then
    printf '_format_version: "3.0"\n' >"$team/kong.yaml"
fi
