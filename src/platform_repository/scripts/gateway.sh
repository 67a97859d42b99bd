#!/usr/bin/env bash
# Runs `deck gateway diff` or `deck gateway sync` for one control plane, with the kong.yaml of every team on it. The
# organization's token is in the variable that the configuration names, and decK reads it from the environment.
# Usage: ORGANIZATION=... REGION=... CONTROL_PLANE=... gateway.sh diff|sync
set -euo pipefail

plane=$(bash "${BASH_SOURCE%/*}/control-planes.sh" | jq \
    '.[] | select(.organization == env.ORGANIZATION and .region == env.REGION and .name == env.CONTROL_PLANE)')
if [ -z "$plane" ]; then
    echo "::notice::The configuration has no control plane $CONTROL_PLANE of $ORGANIZATION any more: nothing is done."
    exit 0
fi

token=$(jq --raw-output .token <<<"$plane")
if [ -z "${!token:-}" ]; then
    echo "::error::The secret $token is empty: it holds the access token of the organization $ORGANIZATION. Check that the repository has it, and that the env block of this step hands it on."
    exit 1
fi

mapfile -t folders < <(jq --raw-output '.folders[]' <<<"$plane")
files=()
for folder in "${folders[@]}"; do
    [ ! -e "$folder/kong.yaml" ] || files+=("$folder/kong.yaml")
done
if [ "${#files[@]}" -eq 0 ]; then
    echo "::notice::No team has a kong.yaml for the control plane $CONTROL_PLANE of $ORGANIZATION yet: nothing is done."
    exit 0
fi

DECK_KONNECT_TOKEN=${!token} deck gateway "$1" --konnect-addr "https://$REGION.api.konghq.com" \
    --konnect-control-plane-name "$CONTROL_PLANE" "${files[@]}"
