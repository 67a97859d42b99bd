//! The environment variables that koctl reads. docs/variables.md is generated from this table.

/// Variables of one purpose.
#[cfg_attr(not(test), expect(dead_code, reason = "a test writes the page"))]
struct Group {
    title: &'static str,
    /// A sentence about them, with a link to the page that has more.
    text: &'static str,
    /// Each with its meaning.
    variables: &'static [(&'static str, &'static str)],
}

/// The variables that a file `.env` may set: tokens, the repository that they are for, and the settings of `koctl run`. Addresses of systems may not
/// be there, since a file in somebody's folder must not decide where the tokens of a process go.
const IN_DOTENV: &[&str] = &[
    "FRONTEND_URL",
    "GITHUB_CLIENT_ID",
    "GITHUB_CLIENT_SECRET",
    "GITHUB_REDIRECT_URI",
    "GITHUB_REPO_URL",
    "GITHUB_SCOPES",
    "GITHUB_TOKEN",
    "JWT_EXPIRATION_HOURS",
    "JWT_SECRET",
    "KOCTL_PORTAL_SIGN_IN",
    "KONNECT_ORCHESTRATOR_GITHUB_TOKEN",
    "PLATFORM_REPO_GITHUB_TOKEN",
    "PLATFORM_REPO_OWNER_EMAIL",
    "PLATFORM_REPO_OWNER_NAME",
    "PLATFORM_REPO_URL",
    "SERVER_HOST",
    "SERVER_PORT",
    "SESSION_SECRET",
];

/// The patterns of further names that `.env` may set: tokens and secrets of organizations by their default names.
const TOKENS_IN_DOTENV: &[(&str, &str)] =
    &[("KONNECT_TOKEN_", ""), ("", "_KONNECT_TOKEN"), ("", "_OIDC_CLIENT_SECRET")];

/// True if a file `.env` may set the variable `name`.
pub(super) fn may_be_in_dotenv(name: &str) -> bool {
    let is_token = |(start, end): &(&str, &str)| name.starts_with(start) && name.ends_with(end);
    IN_DOTENV.contains(&name) || TOKENS_IN_DOTENV.iter().any(is_token)
}

/// The names of all variables of the table.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|group| group.variables).map(|(name, _)| *name)
}

const GROUPS: &[Group] = &[
    Group {
        title: "Systems and tokens",
        text: "Tokens of organizations are in the variables that `access-token` names in the configuration. See \
               [Getting started](getting-started.md).",
        variables: &[
            ("GITHUB_REPO_URL", "the platform repository, if the configuration names none"),
            ("GITHUB_TOKEN", "the token for the platform repository; wins over configured ones"),
            ("KOCTL_GITHUB_URL", "the address of GitHub's API; `https://`, or `http://` on this machine"),
            ("KOCTL_KONNECT_URL", "the address of Konnect, with `{region}`; `https://`, or `http://` on this machine"),
            ("KONNECT_ORCHESTRATOR_GITHUB_TOKEN", "for `koctl init`: the token that the workflows get"),
            (
                "PLATFORM_REPO_GITHUB_TOKEN",
                "for `koctl init`, `koctl add` and `koctl run`: the token for the platform repository",
            ),
            ("PLATFORM_REPO_URL", "for `koctl init`, `koctl add` and `koctl run`: the platform repository"),
        ],
    },
    Group {
        title: "State",
        text: "See [State](state.md).",
        variables: &[
            ("KOCTL_STATE", "the address of the state, if `--state` is not given"),
            ("KOCTL_STATE_IDENTITY", "an identity that opens the state"),
            ("KOCTL_STATE_IDENTITY_FILE", "the path of one"),
            ("KOCTL_STATE_OLD_PASSPHRASE", "an earlier passphrase"),
            ("KOCTL_STATE_PASSPHRASE", "the passphrase that encrypts the state"),
            ("KOCTL_STATE_RECIPIENTS", "the recipients that the state is encrypted for"),
        ],
    },
    Group {
        title: "Self-service",
        text: "For `koctl run`. See [Self-service](self-service.md).",
        variables: &[
            ("FRONTEND_URL", "the address of the UI, if it is another than that of the service"),
            ("GITHUB_CLIENT_ID", "the id of the app with which people sign in"),
            ("GITHUB_CLIENT_SECRET", "its secret"),
            (
                "GITHUB_REDIRECT_URI",
                "where GitHub sends people back to; the service's address with `/auth/github/callback`",
            ),
            ("GITHUB_SCOPES", "the rights that an OAuth App asks for; `user:email read:user read:org`"),
            ("JWT_EXPIRATION_HOURS", "the hours that a session lasts; 24"),
            ("JWT_SECRET", "taken for `SESSION_SECRET`, if that is not set"),
            ("KOCTL_PORTAL_SIGN_IN", "the GitHub organizations and teams whose members may sign in, with commas"),
            ("PLATFORM_REPO_OWNER_EMAIL", "the email address of the author of commits"),
            ("PLATFORM_REPO_OWNER_NAME", "the name of the author of commits"),
            ("SERVER_HOST", "the address to listen on; 127.0.0.1"),
            ("SERVER_PORT", "the port; 8080"),
            ("SESSION_SECRET", "the secret that encrypts sessions; several, with blanks, replace each other"),
        ],
    },
    Group {
        title: "Connections",
        text: "The lower-case names of the proxies work as well. No proxy is used for servers on this machine. See \
               [Connections](http.md).",
        variables: &[
            ("ALL_PROXY", "the proxy for every address"),
            ("HTTPS_PROXY", "the proxy for `https://`"),
            ("HTTP_PROXY", "the proxy for `http://`"),
            ("KOCTL_HTTP_CONNECT_TIMEOUT", "the time limit for connecting, in seconds"),
            ("KOCTL_HTTP_RETRIES", "the number of times that a request is sent again"),
            ("KOCTL_HTTP_TIMEOUT", "the time limit for a request, in seconds"),
            ("NO_PROXY", "hosts that are reached without a proxy"),
            ("SSL_CERT_DIR", "a directory of certificate authorities, instead of those of the machine"),
            ("SSL_CERT_FILE", "a file of certificate authorities, instead of those of the machine"),
        ],
    },
    Group {
        title: "Output",
        text: "",
        variables: &[
            ("KOCTL_COMPLETE", "the shell that asks for completions; the script of `koctl completions` sets it"),
            ("KOCTL_LOG", "directives for the log, such as `warn,transport=debug`; override `--verbose`"),
            ("NO_COLOR", "no colours, unless `--color always` is given"),
            ("TERM", "`dumb`: no colours, and no progress that is drawn again and again"),
        ],
    },
    Group {
        title: "GitHub Actions",
        text: "The runner sets them.",
        variables: &[
            ("GITHUB_ACTIONS", "`true`: errors in the configuration are also annotations of its files"),
            ("GITHUB_WORKSPACE", "the directory that annotations name files from"),
        ],
    },
    Group {
        title: "The user and the machine",
        text: "",
        variables: &[
            ("HOME", "the directory that `~` stands for in paths of secrets and of the state"),
            ("LOGNAME", "the user that a lock names, without `USER`"),
            ("PATH", "where the program `git` is"),
            ("TMPDIR", "the directory of temporary files"),
            ("USER", "the user that a lock names"),
            ("USERNAME", "the user that a lock names, without `USER` and `LOGNAME`"),
        ],
    },
    Group {
        title: "States in S3",
        text: "See [State backends](state-backends.md#s3).",
        variables: &[
            ("AWS_ACCESS_KEY_ID", "the key's id"),
            ("AWS_ALLOW_HTTP", "`true`: an endpoint on another machine may be without encryption"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "the token for the credentials of a container"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "the credentials of a container"),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the credentials of a container"),
            ("AWS_DEFAULT_REGION", "the bucket's region, without `AWS_REGION`"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "where a machine asks for its credentials"),
            ("AWS_ENDPOINT_URL", "the address of a compatible server"),
            ("AWS_ENDPOINT_URL_S3", "the address of a compatible server; wins"),
            ("AWS_ENDPOINT_URL_STS", "the address that gives a role for a token"),
            ("AWS_PROFILE", "not read: an error without `AWS_ACCESS_KEY_ID`"),
            ("AWS_REGION", "the bucket's region"),
            ("AWS_ROLE_ARN", "the role for a token"),
            ("AWS_ROLE_SESSION_NAME", "the name of its session"),
            ("AWS_SECRET_ACCESS_KEY", "the key"),
            ("AWS_SESSION_TOKEN", "the token of a session"),
            ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "`true`: the endpoint has the bucket in its name"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "the token for a role"),
        ],
    },
    Group {
        title: "States in Google Cloud Storage",
        text: "See [State backends](state-backends.md#google-cloud-storage).",
        variables: &[
            ("GOOGLE_ALLOW_HTTP", "`true`: another server may be without encryption"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "a file with application default credentials"),
            ("GOOGLE_OAUTH_ACCESS_TOKEN", "an access token"),
            ("GOOGLE_SERVICE_ACCOUNT", "a file with the key of a service account"),
            ("GOOGLE_SERVICE_ACCOUNT_KEY", "the key of a service account"),
            ("STORAGE_EMULATOR_HOST", "the address of another server"),
        ],
    },
    Group {
        title: "States in Azure",
        text: "See [State backends](state-backends.md#azure).",
        variables: &[
            ("ARM_ACCESS_KEY", "a key of the account"),
            ("ARM_CLIENT_ID", "a service principal"),
            ("ARM_CLIENT_SECRET", "its secret"),
            ("ARM_OIDC_TOKEN_FILE_PATH", "in place of its secret, a token of a workload identity"),
            ("ARM_SAS_TOKEN", "a shared access signature"),
            ("ARM_TENANT_ID", "the tenant of a service principal"),
            ("AZURE_ALLOW_HTTP", "`true`: the address of the account may be without encryption"),
            ("AZURE_AUTHORITY_HOST", "the authority of another cloud"),
            ("AZURE_CLIENT_ID", "a service principal"),
            ("AZURE_CLIENT_SECRET", "its secret"),
            ("AZURE_FEDERATED_TOKEN_FILE", "in place of its secret, a token of a workload identity"),
            ("AZURE_IDENTITY_ENDPOINT", "where a machine asks for its own identity"),
            ("AZURE_STORAGE_ACCOUNT", "the storage account"),
            ("AZURE_STORAGE_ACCOUNT_KEY", "a key of the account"),
            ("AZURE_STORAGE_ACCOUNT_NAME", "the storage account, without `AZURE_STORAGE_ACCOUNT`"),
            ("AZURE_STORAGE_ENDPOINT", "the address of the account"),
            ("AZURE_STORAGE_KEY", "a key of the account"),
            ("AZURE_STORAGE_SAS_TOKEN", "a shared access signature"),
            ("AZURE_STORAGE_TOKEN", "an access token"),
            ("AZURE_TENANT_ID", "the tenant of a service principal"),
            ("AZURE_USE_AZURE_CLI", "`true`: the user of `az login`"),
        ],
    },
    Group {
        title: "States in PostgreSQL",
        text: "See [State backends](state-backends.md#postgresql).",
        variables: &[
            ("PGDATABASE", "the database"),
            ("PGHOST", "the host"),
            ("PGPASSWORD", "the password"),
            ("PGPORT", "the port"),
            ("PGSSLMODE", "the kind of encryption"),
            ("PGSSLROOTCERT", "a file of certificate authorities"),
            ("PGUSER", "the user"),
        ],
    },
    Group {
        title: "States over HTTP",
        text: "See [State backends](state-backends.md#terraforms-http-protocol).",
        variables: &[
            ("TF_HTTP_LOCK_ADDRESS", "the address of locks"),
            ("TF_HTTP_LOCK_METHOD", "the method that takes one"),
            ("TF_HTTP_PASSWORD", "the password"),
            ("TF_HTTP_UNLOCK_ADDRESS", "the address that gives locks back"),
            ("TF_HTTP_UNLOCK_METHOD", "the method that gives one back"),
            ("TF_HTTP_UPDATE_METHOD", "the method that writes a state"),
            ("TF_HTTP_USERNAME", "the user"),
        ],
    },
    Group {
        title: "The sandbox",
        text: "See [Sandbox](sandbox.md).",
        variables: &[(
            "KOCTL_SANDBOX_RECORD_DIR",
            "a directory in which every sandbox records its exchanges, for tests of koctl itself",
        )],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write;
    use std::fs;
    use std::path::Path;

    use super::*;

    const ROOT: &str = env!("CARGO_MANIFEST_DIR");
    const PAGE: &str = "docs/variables.md";

    const INTRODUCTION: &str = "\
# Environment variables

All environment variables that koctl reads. One that is empty counts as unset. A value that is not valid UTF-8 is an error
that names the variable. The program `git`, which reads repositories that are not on GitHub, has variables of its own.

<!-- Generated from src/cli/variables.rs: KOCTL_UPDATE_DOCS=1 cargo test --lib variables -->

## The file `.env`

`koctl init`, `koctl add`, `koctl run` and `koctl import --generate` also read variables from a file `.env` in the current
directory, and say which. The process's own win. Only these may be there, so that a file in somebody's folder does not
decide where tokens are sent:

";

    const AFTER_DOTENV: &str = "
- the variable that `--token-env` names, and those with the default names of tokens and secrets of an organization:
  `KONNECT_TOKEN_…`, `…_KONNECT_TOKEN` and `…_OIDC_CLIENT_SECRET`

Other variables of this page are ignored there, with a warning.
";

    fn page() -> String {
        let mut page = INTRODUCTION.to_owned();
        for name in IN_DOTENV {
            writeln!(page, "- `{name}`").unwrap();
        }
        page.push_str(AFTER_DOTENV.trim_start());
        for Group { title, text, variables } in GROUPS {
            writeln!(page, "\n## {title}\n").unwrap();
            if !text.is_empty() {
                writeln!(page, "{text}\n").unwrap();
            }
            page.push_str("| variable | meaning |\n| --- | --- |\n");
            for (name, meaning) in *variables {
                writeln!(page, "| `{name}` | {meaning} |").unwrap();
            }
        }
        page
    }

    #[test]
    fn the_page_of_variables_is_up_to_date() {
        let path = Path::new(ROOT).join(PAGE);
        if std::env::var_os("KOCTL_UPDATE_DOCS").is_some() {
            fs::write(&path, page()).unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap_or_default() == page(), "run it with KOCTL_UPDATE_DOCS=1");
    }

    /// True for files of tests alone, and for the table itself.
    fn is_test(path: &Path) -> bool {
        let tests = ["cli/variables.rs", "generate/properties.rs"].iter().any(|file| path.ends_with(file));
        tests || path.file_name().is_some_and(|name| name == "tests.rs" || name == "testing.rs")
    }

    /// The text of all sources of the program, without their tests.
    fn sources() -> String {
        let mut text = String::new();
        let rooms = ["src", "engine/src", "github-api/src", "sandbox/src", "state-backends/src", "transport/src"];
        let mut folders: Vec<_> = rooms.iter().map(|room| Path::new(ROOT).join(room)).collect();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.extension() {
                    _ if path.is_dir() => folders.push(path),
                    Some(extension) if extension == "rs" && !is_test(&path) => {
                        let source = fs::read_to_string(&path).unwrap();
                        text.push_str(source.split("#[cfg(test)]\nmod ").next().unwrap());
                    }
                    _ => {}
                }
            }
        }
        text
    }

    /// Texts of the sources that look like variables, but are something else.
    const OTHERS: &[&str] = &[
        "CARGO_MANIFEST_DIR",
        "CARGO_PKG_VERSION",
        "CHANGES_REQUESTED",
        "FETCH_HEAD",
        "IN_APP",
        // What a build is told of itself.
        "KOCTL_COMMIT",
        "KOCTL_TARGET",
        "KONNECT_TOKEN",
        "LC_ALL",
        "OIDC_CLIENT_SECRET",
        "REQUEST_CHANGES",
        "_CLAP_COMPLETE_INDEX",
        "_CLAP_IFS",
    ];
    /// The beginnings of such texts: values of Konnect, and variables that are set for other programs.
    const STARTS_OF_OTHERS: &[&str] = &["CLUSTER_TYPE_", "GIT_", "HTTP_CONTENT_", "SSH_ASKPASS"];
    /// What the sandbox sets for `git http-backend`.
    const OF_CGI: &[&str] = &[
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "PATH_INFO",
        "QUERY_STRING",
        "REMOTE_ADDR",
        "REMOTE_USER",
        "REQUEST_METHOD",
    ];

    fn is_variable(text: &str) -> bool {
        let is_word = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let is_one = is_word && text.len() > 3 && (text.trim_matches('_').contains('_') || text.starts_with("PG"));
        let is_other = OTHERS.contains(&text) || OF_CGI.contains(&text);
        is_one && !is_other && !STARTS_OF_OTHERS.iter().any(|start| text.starts_with(start))
    }

    #[test]
    fn every_variable_that_the_sources_name_is_on_the_page() {
        let known: BTreeSet<&str> = names().collect();
        let sources = sources();
        let named: BTreeSet<&str> = sources.split('"').filter(|text| is_variable(text)).collect();
        assert!(named.len() > 60, "only {} were found", named.len());
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    /// Read by libraries and by the program git.
    const OF_LIBRARIES: &[&str] =
        &["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR"];

    #[test]
    fn every_variable_on_the_page_is_read() {
        let sources = sources();
        for name in names().filter(|name| !OF_LIBRARIES.contains(name)) {
            let is_terraforms = name.strip_prefix("TF_HTTP_").map(str::to_lowercase);
            let text = is_terraforms.unwrap_or(name.to_owned());
            assert!(sources.contains(&format!("\"{text}\"")), "{name}");
        }
    }

    #[test]
    fn r11_no_address_of_a_system_may_be_in_a_file_of_a_folder() {
        // Those of `koctl run` lead browsers, which carry no token of koctl's, and listen.
        let of_the_service = GROUPS.iter().find(|group| group.title == "Self-service").unwrap().variables;
        let is_of_the_service = |name: &str| of_the_service.iter().any(|(known, _)| *known == name);
        for name in names().filter(|name| may_be_in_dotenv(name) && !is_of_the_service(name)) {
            assert!(name.ends_with("_TOKEN") || name.ends_with("REPO_URL"), "{name}");
        }
        for name in ["KOCTL_KONNECT_URL", "KOCTL_GITHUB_URL", "KOCTL_STATE", "HTTPS_PROXY", "SSL_CERT_FILE"] {
            assert!(!may_be_in_dotenv(name), "{name}");
        }
        assert!(may_be_in_dotenv("KONNECT_TOKEN_ACME") && may_be_in_dotenv("ACME_OIDC_CLIENT_SECRET"));
    }
}
