#!/usr/bin/env bash
# Runs `deck gateway diff` or `deck gateway sync` for one control plane, with the kong.yaml of every team on it, and only
# for objects with the `select-tags` of the environment, if it has any. The organization's token is in the variable that
# the configuration names. decK reads it from the environment.
# Usage: ORGANIZATION=... REGION=... CONTROL_PLANE=... gateway.sh diff|sync
set -euo pipefail

plane=$(bash "${BASH_SOURCE%/*}/control-planes.sh" | jq \
    '.[] | select(.organization == env.ORGANIZATION and .region == env.REGION and .name == env.CONTROL_PLANE)')
if [ -z "$plane" ]; then
    echo "::notice::The configuration no longer contains the control plane $CONTROL_PLANE of $ORGANIZATION. Nothing to do."
    exit 0
fi

token=$(jq --raw-output .token <<<"$plane")
if [ -z "${!token:-}" ]; then
    echo "::error::The secret $token is empty. It must contain the access token of the organization $ORGANIZATION. Check that the repository has this secret, and that the env block of this step passes it on."
    exit 1
fi

tags=()
while IFS= read -r tag; do
    tags+=(--select-tag "$tag")
done < <(jq --raw-output '.tags[]' <<<"$plane")

mapfile -t folders < <(jq --raw-output '.folders[]' <<<"$plane")
files=()
for folder in "${folders[@]}"; do
    [ ! -e "$folder/kong.yaml" ] || files+=("$folder/kong.yaml")
done
if [ "${#files[@]}" -eq 0 ]; then
    echo "::notice::No team has a kong.yaml for the control plane $CONTROL_PLANE of $ORGANIZATION yet. Nothing to do."
    exit 0
fi

DECK_KONNECT_TOKEN=${!token} deck gateway "$1" --konnect-addr "https://$REGION.api.konghq.com" \
    --konnect-control-plane-name "$CONTROL_PLANE" "${tags[@]}" "${files[@]}"
