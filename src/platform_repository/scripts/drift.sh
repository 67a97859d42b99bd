#!/usr/bin/env bash
# Looks for what somebody changed outside koctl, and shows it in the summary of the run. Fails where there is something.
# With DRIFT_ISSUE=true, an issue of this repository says so too, as long as it is so.
# Usage: DRIFT_ISSUE=true|false drift.sh
set -euo pipefail

options=(--color never --lock-timeout 900 --skip-locked --markdown "$GITHUB_STEP_SUMMARY")
[ "${DRIFT_ISSUE:-}" != true ] || options+=(--github-issue)
code=0
koctl drift "${options[@]}" || code=$?
case $code in
    0) ;;
    2) echo '::error::Somebody changed something outside koctl: the summary of this run shows what. Run the workflow "koctl apply" by hand to undo it, or change the configuration.' ;;
    *) echo '::error::koctl could not look at everything: see above why.' ;;
esac
exit "$code"
