#!/usr/bin/env bash
# Asks for a run of koctl-apply.yml, which plans afresh.
# Usage: GH_TOKEN=... request-apply.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=github.sh
source "${BASH_SOURCE%/*}/github.sh"
github POST dispatches '{"event_type": "koctl-apply"}' >/dev/null
echo 'Asked for a run of the workflow "koctl apply".'
