#!/usr/bin/env bash
# Proposes the converted specifications of one environment.
# Usage: GH_TOKEN=... BRANCH=... FOLDER=konnect/ORGANIZATION/envs/ENVIRONMENT propose-conversion.sh
set -euo pipefail
scripts=${BASH_SOURCE%/*}
IFS=/ read -r _ organization _ environment <<<"$FOLDER"

body=$RUNNER_TEMP/body.md
cat >"$body" <<END
The specifications of the environment $environment of $organization changed, and this is what decK makes of them.

Merging it changes no gateway yet: a pull request with the merged configuration, and what it would change, follows.
END
bash "$scripts/propose.sh" "$BRANCH" "[Konnect Orchestrator] - Convert the APIs of $organization / $environment" \
    "$body" ":(glob)$FOLDER/**/kong-from-oas.yaml"
