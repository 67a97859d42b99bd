#!/usr/bin/env bash
# Fails if koctl's state would be on the disk of the runner, which is lost after the run.
# Usage: state-url.sh, at the root of the repository
set -euo pipefail
url=
[ ! -e konnect/platform.yaml ] || url=$(yq '.platform.state.url // ""' konnect/platform.yaml)
case $url in
    '' | file:*)
        echo "::error file=konnect/platform.yaml::koctl would store its state on this runner, where it is lost after the run. Set platform.state.url in konnect/platform.yaml to a store that lasts, for example a branch of this repository: github://$GITHUB_REPOSITORY/koctl-state"
        exit 1
        ;;
esac
