#!/usr/bin/env bash
# Proposes the merged configuration of one control plane, with the changes of a sync.
# Usage: GH_TOKEN=... BRANCH=... ORGANIZATION=... CONTROL_PLANE=... propose-configuration.sh DIFF-FILE
set -euo pipefail
scripts=${BASH_SOURCE%/*}

body=$RUNNER_TEMP/body.md
{
    printf 'Merging this changes the control plane %s of %s as follows:\n\n' "$CONTROL_PLANE" "$ORGANIZATION"
    bash "$scripts/fence.sh" "$1" diff
} >"$body"
bash "$scripts/propose.sh" "$BRANCH" \
    "[Konnect Orchestrator] - Configure the control plane $CONTROL_PLANE of $ORGANIZATION" \
    "$body" ':(glob)konnect/*/envs/*/teams/*/kong.yaml'
