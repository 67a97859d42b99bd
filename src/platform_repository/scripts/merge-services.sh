#!/usr/bin/env bash
# Merges the kong-from-oas.yaml of a team's services into its kong.yaml, with the plugins of the team and of its environment,
# which people maintain in files plugins.yaml. Without any service left, the file remains with no entities, so that the next
# sync removes the services from the gateway, too.
# Usage: merge-services.sh konnect/ORGANIZATION/envs/ENVIRONMENT/teams/TEAM
set -euo pipefail
team=$1

mapfile -d '' -t services < <(find "$team" -type f -name kong-from-oas.yaml -print0 | LC_ALL=C sort --zero-terminated)
plugins=()
for file in "$team/plugins.yaml" "${team%/teams/*}/plugins.yaml"; do
    [ ! -e "$file" ] || plugins+=("$file")
done
if [ "${#services[@]}" -gt 0 ] && [ "${#plugins[@]}" -gt 0 ]; then
    # decK skips a plugin of a name that an object has already, so what is nearer to the service counts.
    deck file merge "${services[@]}" | deck file add-plugins --output-file "$team/kong.yaml" "${plugins[@]}"
elif [ "${#services[@]}" -gt 0 ]; then
    deck file merge --output-file "$team/kong.yaml" "${services[@]}"
elif [ -e "$team/kong.yaml" ]; then
    printf '_format_version: "3.0"\n' >"$team/kong.yaml"
fi
