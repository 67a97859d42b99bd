#!/usr/bin/env bash
# Prints the decK file of a staged specification, with the plugins of the plugins.yaml beside it and the tags of its service.
# The objects of a version are named after it, because the specifications of all versions may have the same title, and its
# plugins are also those of the service.
# Usage: convert-spec.sh konnect/ORGANIZATION/envs/ENVIRONMENT/teams/TEAM/services/SERVICE/openapi.yaml
set -euo pipefail
folder=${1%/openapi.yaml}

convert=(deck file openapi2kong --spec "$1")
places=("$folder")
version=$(sed --quiet 's/^ *- ko-api-version=//p' "$folder/ko-patch.yaml")
if [ -n "$version" ]; then
    convert+=(--uuid-base "$version")
    places+=("${folder%/versions/*}")
fi
plugins=()
for place in "${places[@]}"; do
    [ ! -e "$place/plugins.yaml" ] || plugins+=("$place/plugins.yaml")
done

# add_plugins - adds the plugins, which people maintain, to a decK file.
add_plugins() {
    if [ "${#plugins[@]}" -gt 0 ]; then
        deck file add-plugins "${plugins[@]}"
    else
        cat
    fi
}

"${convert[@]}" | add_plugins | deck file patch "$folder/ko-patch.yaml"
