#!/usr/bin/env bash
# Compares Konnect and this repository with the configuration, and shows what differs in the summary of the run. Fails
# where something does.
# Usage: drift.sh
set -euo pipefail
scripts=${BASH_SOURCE%/*}
plan=$RUNNER_TEMP/plan.txt

code=0
koctl plan --color never --detailed-exitcode >"$plan" || code=$?
cat "$plan"
case $code in
    0) heading='### Everything is as the configuration says' ;;
    2)
        heading='### Konnect differs from the configuration'
        echo '::error::Konnect differs from the configuration: the summary of this run shows where. Run the workflow "koctl apply" by hand to undo it, or change the configuration.'
        ;;
    *) heading='### The comparison failed' ;;
esac
{
    printf '%s\n\n' "$heading"
    bash "$scripts/fence.sh" "$plan" text
} >>"$GITHUB_STEP_SUMMARY"
exit "$code"
