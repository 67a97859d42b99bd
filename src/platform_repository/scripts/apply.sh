#!/usr/bin/env bash
# Applies what is on the default branch: after a merge, as far as the reviewed plan PLAN has it, and in every other run all
# of it. What a person has to approve waits, unless ALLOW_DESTROY is true. TARGETS, if it is not empty, is a JSON array of
# the addresses to apply. The summary of the run shows what was done, and what waits. Sets the output `changed` to true if
# something was applied.
# Usage: ALLOW_DESTROY=true|false TARGETS=JSON apply.sh PLAN
set -euo pipefail
scripts=${BASH_SOURCE%/*}
log=$RUNNER_TEMP/apply.txt
by_hand='run the workflow "koctl apply" by hand'

command=(koctl apply --color never --lock-timeout 1800)
if [ "$GITHUB_EVENT_NAME" = push ]; then
    command+=(--reviewed "$1")
    heading='The reviewed plan'
    failed="The reviewed plan was not applied completely; the log above shows why. What was merged but not reviewed as it is now is applied by the next hourly run, or $by_hand."
else
    command+=(--auto-approve)
    heading='What was merged, specified or changed since the last apply'
    failed="Not everything could be applied; the log above shows why. The next hourly run tries again, or $by_hand."
fi
if [ "${ALLOW_DESTROY:-}" = true ]; then command+=(--allow-destroy); else command+=(--skip-guarded); fi
while IFS= read -r target; do
    [ -z "$target" ] || command+=(--target "$target")
done < <(jq --raw-output '.[]' <<<"${TARGETS:-[]}")

code=0
"${command[@]}" 2>&1 | tee "$log" || code=$?
{
    printf '### %s\n\n' "$heading"
    bash "$scripts/fence.sh" "$log" text 500000
} >>"$GITHUB_STEP_SUMMARY"
if grep --quiet '^Apply ' "$log"; then
    echo 'changed=true' >>"$GITHUB_OUTPUT"
fi
if grep --quiet 'waits for a person' "$log"; then
    echo "::warning::Deletions or replacements wait for a person. The summary of this run lists them. To carry them out, $by_hand with \"Also delete and replace\". To keep the objects, change the configuration."
fi
[ "$code" -eq 0 ] || echo "::error::$failed"
exit "$code"
