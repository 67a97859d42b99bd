#!/usr/bin/env bash
# Converts the specifications of all environments, and sets the output `environments` to those that changed: a JSON
# array of {"folder", "branch"}.
# Usage: changed-environments.sh, at the root of the repository
set -euo pipefail
shopt -s nullglob
scripts=${BASH_SOURCE%/*}

for environment in konnect/*/envs/*/; do
    bash "$scripts/convert-specs.sh" "${environment%/}"
done
environments=$(bash "$scripts/uncommitted-files.sh" ':(glob)konnect/**/kong-from-oas.yaml' | jq --compact-output '
    map(split("/")[0:4]) | unique
    | map({folder: join("/"), branch: "deck/openapi/\(.[1] | @uri)/\(.[3] | @uri)"})')
echo "environments=$environments" >>"$GITHUB_OUTPUT"
