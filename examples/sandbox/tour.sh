#!/bin/sh
# A walk through a sandbox with curl and git only: a control plane, a portal, an API with a version that is
# published, and a pull request. It reads the variables that `koctl sandbox --organization acme` prints.
set -eu

konnect=$(printf '%s' "$KOCTL_KONNECT_URL" | sed 's/{region}/us/')
platform=$KOCTL_GITHUB_URL/repos/acme/platform

# ask TOKEN METHOD URL [JSON] - prints the answer. An error answer ends the script.
ask() {
    curl --silent --show-error --fail-with-body --request "$2" --header "Authorization: Bearer $1" \
        --header 'Content-Type: application/json' ${4:+--data "$4"} "$3"
}

# field NAME - the first field of that name in the answer.
field() {
    grep -o "\"$1\": *\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

echo 'A control plane'
ask "$ACME_KONNECT_TOKEN" POST "$konnect/v2/control-planes" \
    '{"name": "flights-dev", "cluster_type": "CLUSTER_TYPE_SERVERLESS"}' | field name

echo 'A portal'
portal=$(ask "$ACME_KONNECT_TOKEN" POST "$konnect/v3/portals" '{"name": "dev"}' | field id)

echo 'An API, its version, and its publication'
api=$(ask "$ACME_KONNECT_TOKEN" POST "$konnect/v3/apis" '{"name": "flights"}' | field id)
ask "$ACME_KONNECT_TOKEN" POST "$konnect/v3/apis/$api/versions" \
    '{"spec": {"content": "openapi: 3.1.0\ninfo:\n  title: flights\n  version: 1.0.0\npaths: {}\n"}}' | field version
ask "$ACME_KONNECT_TOKEN" PUT "$konnect/v3/apis/$api/publications/$portal" '{"visibility": "public"}' | field visibility

echo 'A repository, cloned, changed and pushed'
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet "$KOCTL_GITHUB_URL/acme/platform.git" "$clone"
git -C "$clone" switch --quiet --create topic
echo 'A line of a walk through the sandbox.' >>"$clone/README.md"
git -C "$clone" -c user.name=tour -c user.email=tour@example.com commit --quiet --all --message 'Add a line'
# As with GitHub, git gives the token as the password of any user; its helper takes it from the environment.
# shellcheck disable=SC2016
git -C "$clone" -c credential.helper='!f() { echo username=tour; echo "password=$GITHUB_TOKEN"; }; f' \
    push --quiet origin topic

echo 'A pull request, merged'
ask "$GITHUB_TOKEN" POST "$platform/pulls" '{"title": "Add a line", "head": "topic", "base": "main"}' | field title
number=$(ask "$GITHUB_TOKEN" GET "$platform/pulls?state=open" | grep -o '"number": *[0-9]*' | head -n 1 | grep -o '[0-9]*')
ask "$GITHUB_TOKEN" PUT "$platform/pulls/$number/merge" '{}' | field message
git -C "$clone" pull --quiet origin main
git -C "$clone" log --oneline origin/main | grep -c 'Add a line'
