# shellcheck shell=bash
# Calls GitHub's API. Other scripts include this one with `source`. It needs GH_TOKEN, and GITHUB_API_URL and
# GITHUB_REPOSITORY, which every runner sets.

# github METHOD PATH [JSON] - calls the API of the repository and prints the response. curl reads the token from an
# unnamed file, because other programs can read its command line.
github() {
    local answer data=()
    if [ "$#" -gt 2 ]; then
        data=(--data-binary "@-" --header 'Content-Type: application/json')
    fi
    if ! answer=$(
        printf '%s' "${3-}" | curl --silent --show-error --fail-with-body --max-time 60 --request "$1" "${data[@]}" \
            --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
            --header @<(printf 'Authorization: Bearer %s\n' "$GH_TOKEN") \
            "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$2"
    ); then
        printf 'could not %s %s: %s\n' "$1" "$2" "$answer" >&2
        return 1
    fi
    printf '%s\n' "$answer"
}

# github_list PATH - prints all elements of a list, from all pages, one JSON value a line.
github_list() {
    local page=1 answer separator='?'
    [[ $1 != *'?'* ]] || separator='&'
    while :; do
        # Inside of a command substitution, bash does not exit after a failure.
        answer=$(github GET "$1${separator}per_page=100&page=$page") || return 1
        jq --compact-output '.[]' <<<"$answer"
        [ "$(jq length <<<"$answer")" -eq 100 ] || return 0
        page=$((page + 1))
    done
}

# Runs git with the token: git asks a helper, which reads it from the environment.
git_with_token() {
    # shellcheck disable=SC2016 # The helper expands the variable.
    git -c credential.helper= \
        -c credential.helper='!helper() { printf "username=x-access-token\npassword=%s\n" "$GH_TOKEN"; }; helper' "$@"
}
