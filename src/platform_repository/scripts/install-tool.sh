#!/usr/bin/env bash
# Installs a released program: downloads the archive (.tar.gz) TOOL_URL, checks that its SHA-256 is TOOL_SHA256, and
# adds the program NAME to the path of the next steps.
# Usage: TOOL_URL=... TOOL_SHA256=... install-tool.sh NAME
set -euo pipefail
name=$1
set_up="Set it under Settings, Secrets and variables, Actions, Variables"

if [ -z "${TOOL_URL:-}" ]; then
    echo "::error::The repository variable ${name^^}_DOWNLOAD_URL is not set. $set_up, to the address of an archive (.tar.gz) with the program $name."
    exit 1
fi
if [ -z "${TOOL_SHA256:-}" ]; then
    echo "::error::The repository variable ${name^^}_SHA256 is not set. $set_up, to the SHA-256 of $TOOL_URL, as the release publishes it."
    exit 1
fi

folder=$RUNNER_TEMP/tools/$name
mkdir -p "$folder"
curl --silent --show-error --fail --location --proto '=https' --retry 3 --max-time 300 \
    --output "$folder/archive.tar.gz" -- "$TOOL_URL"
actual=$(sha256sum <"$folder/archive.tar.gz")
actual=${actual%% *}
if [ "$actual" != "${TOOL_SHA256,,}" ]; then
    echo "::error::The SHA-256 of $TOOL_URL is $actual, but the repository variable ${name^^}_SHA256 is $TOOL_SHA256. If the release publishes the former, correct the variable."
    exit 1
fi
tar --extract --gzip --file "$folder/archive.tar.gz" --directory "$folder"
if [ ! -x "$folder/$name" ]; then
    echo "::error::$TOOL_URL does not contain the program $name."
    exit 1
fi
echo "$folder" >>"$GITHUB_PATH"
