#!/usr/bin/env bash
# Applies the reviewed plan; or, in a run by hand, plans what is merged and applies that.
# Usage: ALLOW_DESTROY=true|false apply.sh PLAN
set -euo pipefail

options=(--color never --lock-timeout 1800)
[ "${ALLOW_DESTROY:-}" != true ] || options+=(--allow-destroy)
if [ "$GITHUB_EVENT_NAME" != push ]; then
    exec koctl apply "${options[@]}" --auto-approve
fi
if ! koctl apply "${options[@]}" "$1"; then
    echo '::error::The reviewed plan was not applied, or not all of it: see above why. If it no longer fits, or needs --allow-destroy, run the workflow "koctl apply" by hand: it plans what is merged, and applies that.'
    exit 1
fi
