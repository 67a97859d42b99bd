#!/usr/bin/env bash
# Prints the control planes of the configuration that have staged services, as a JSON array of
#   {"organization", "region", "name", "token", "folders", "tags"}
# where `token` is the variable with the organization's access token, and `folders` are those of all teams on the
# control plane: teams may share one, and decK deletes everything that is not in its input, and that has the `tags`.
# Usage: control-planes.sh, at the root of the repository
set -euo pipefail
shopt -s nullglob

configuration() { yq --output-format=json 'explode(.)' "konnect/$1.yaml"; }

folders=(konnect/*/envs/*/teams/*/)
jq --null-input --compact-output \
    --argjson teams "$(configuration teams)" \
    --argjson organizations "$(configuration organizations)" '
    def variable($organization):
        if .type == "env" and ((.value // "") | test("^[A-Za-z_][A-Za-z0-9_]*$")) then .value
        else error("the access-token of the organization \($organization) in konnect/organizations.yaml is not of `type: env`, so it cannot come from a secret of this repository") end;

    ($ARGS.positional | map(rtrimstr("/"))) as $staged
    | [
        $organizations.organizations // {} | to_entries[]
        | .key as $organization | .value as $settings
        | $settings.environments // {} | to_entries[]
        | .key as $environment | .value as $details
        | ($teams.teams // {} | keys[]) as $team
        | select($details.teams == null or ($details.teams | has($team)))
        | {
            organization: $organization,
            region: $details.region,
            name: ($details.teams[$team]["control-plane-name"] // "\($team)-\($environment)"),
            token: $settings["access-token"],
            tags: ($details["select-tags"] // []),
            folder: "konnect/\($organization)/envs/\($environment)/teams/\($team)"
        }
        | select(.folder as $folder | $staged | any(. == $folder))
    ]
    | group_by([.organization, .region, .name])
    | map((.[0] | {organization, region, name, token: (.organization as $of | .token | variable($of))})
        + {folders: map(.folder), tags: (map(.tags[]) | unique)})
' --args "${folders[@]}"
