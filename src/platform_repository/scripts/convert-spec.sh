#!/usr/bin/env bash
# Prints the decK file of a staged specification, with the plugins of the plugins.yaml beside it and the tags of its service.
# Usage: convert-spec.sh konnect/ORGANIZATION/envs/ENVIRONMENT/teams/TEAM/services/SERVICE/openapi.yaml
set -euo pipefail
service=${1%/openapi.yaml}

# add_plugins - adds the plugins of the service, which people maintain, to a decK file.
add_plugins() {
    if [ -e "$service/plugins.yaml" ]; then
        deck file add-plugins "$service/plugins.yaml"
    else
        cat
    fi
}

deck file openapi2kong --spec "$1" | add_plugins | deck file patch "$service/ko-patch.yaml"
