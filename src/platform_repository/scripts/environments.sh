#!/usr/bin/env bash
# Plans what is on the default branch, and splits it by Konnect environment. Sets the outputs `dev` and `prod`, which are
# JSON arrays of {"environment", "targets"} in the order in which they are to be applied: `environment` is a GitHub
# environment, and `targets` are the addresses of the changes. What belongs to no environment is the first of `dev`, with
# the GitHub environment `koctl`.
# Usage: environments.sh, at the root of the repository
set -euo pipefail
scripts=${BASH_SOURCE%/*}
fresh=$RUNNER_TEMP/plan.koctl
text=$RUNNER_TEMP/plan.txt

code=0
koctl plan --color never --out "$fresh" 2>&1 | tee "$text" || code=$?
{
    printf '### What is to be applied\n\n'
    bash "$scripts/fence.sh" "$text" text 500000
} >>"$GITHUB_STEP_SUMMARY"
[ "$code" -eq 0 ] || exit "$code"

organizations=$(yq --output-format=json 'explode(.) | .organizations // {}' konnect/organizations.yaml)
stages=$(koctl show --json "$fresh" | jq --compact-output --argjson organizations "$organizations" '
    # A target is a pattern.
    def pattern: gsub("(?<special>[\\\\*?\\[\\]{}!])"; "\\\(.special)");
    def place($address):
        ($address | split("/")) as $parts
        | $parts[2] as $name
        | {address: $address, environment: "koctl", order: 0}
            + (($organizations[$parts[0]].environments // {})[$name] | if . then
                {environment: $name, order: (if .type == "PROD" then 2 else 1 end)} else {} end);

    [.resource_changes[]? | select(.change.actions != ["no-op"]) | place(.address)]
    | group_by([.order, .environment])
    | map({order: .[0].order, environment: .[0].environment, targets: map(.address | pattern)})
    | {dev: map(select(.order < 2) | del(.order)), prod: map(select(.order == 2) | del(.order))}')
jq --raw-output 'to_entries[] | "\(.key)=\(.value | tojson)"' <<<"$stages" >>"$GITHUB_OUTPUT"
