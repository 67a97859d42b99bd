#!/usr/bin/env bash
# Applies the reviewed plan. In a manual run, plans the merged configuration and applies that plan.
# Usage: ALLOW_DESTROY=true|false apply.sh PLAN
set -euo pipefail

options=(--color never --lock-timeout 1800)
[ "${ALLOW_DESTROY:-}" != true ] || options+=(--allow-destroy)
if [ "$GITHUB_EVENT_NAME" != push ]; then
    exec koctl apply "${options[@]}" --auto-approve
fi
if ! koctl apply "${options[@]}" "$1"; then
    echo '::error::The reviewed plan was not applied completely; the log above shows why. If the plan is outdated, or needs --allow-destroy, run the workflow "koctl apply" by hand: it makes a new plan of the merged configuration and applies it.'
    exit 1
fi
