#!/usr/bin/env bash
# Looks for drift, and shows it in the summary of the run. Fails if there is any. With DRIFT_ISSUE=true, an issue of
# this repository is open as long as there is drift. With DRIFT_MANAGED_ONLY=true, objects that koctl does not manage are
# not looked for.
# Usage: DRIFT_ISSUE=true|false DRIFT_MANAGED_ONLY=true|false drift.sh
set -euo pipefail

options=(--color never --lock-timeout 900 --skip-locked --markdown "$GITHUB_STEP_SUMMARY")
[ "${DRIFT_ISSUE:-}" != true ] || options+=(--github-issue)
[ "${DRIFT_MANAGED_ONLY:-}" != true ] || options+=(--managed-only)
code=0
koctl drift "${options[@]}" || code=$?
case $code in
    0) ;;
    2) echo '::error::Resources changed outside koctl. The summary of this run lists the changes. Run the workflow "koctl apply" by hand to revert them, or change the configuration.' ;;
    *) echo '::error::koctl could not check everything. The log above shows why.' ;;
esac
exit "$code"
