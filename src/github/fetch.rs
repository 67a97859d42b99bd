//! Reading files of a repository that GitHub's API cannot read: a shallow fetch by the program git, with the user's
//! own configuration of git and SSH.
//!
//! No secret is part of a command line or a file. A token goes through the environment, a private key through the
//! memory of an `ssh-agent` that lives as long as the fetch.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use github_api::TreeFile;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use engine::{Error, ErrorKind};
use transport::{Mask, excerpt};

/// Time limit for one call of git.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The largest file that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// How much of what git says is read, in bytes.
const LONGEST_WORDS: usize = 32 * 1024;

/// Variables of git that stay: how a server is reached, and the user's configuration. All others are removed, because
/// they are about another repository, as in a hook, or write a trace that shows credentials.
const KEPT: &[&str] = &[
    "GIT_ALLOW_PROTOCOL",
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_HTTP_USER_AGENT",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_PROXY_COMMAND",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
];

/// The beginnings of the names of further ones: settings of TLS, and settings of git as variables.
const KEPT_PREFIXES: &[&str] =
    &["GIT_SSL_", "GIT_PROXY_SSL_", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_COUNT"];

/// Runs a command with a key from its standard input in the agent. Its exit code is this one if the key cannot be used.
const WITH_KEY: &str = "ssh-add -q - || exit 96; exec \"$@\"";
const UNUSABLE_KEY: i32 = 96;

/// Credentials for a remote.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Those of git's own configuration.
    None,
    /// A private SSH key.
    SshKey(SecretString),
    /// A token, over HTTPS.
    Token(SecretString),
}

impl Credentials {
    /// The mask of these credentials.
    fn mask(&self) -> Mask {
        match self {
            Self::None => Mask::default(),
            Self::SshKey(secret) | Self::Token(secret) => Mask::new([secret.expose_secret().as_bytes()]),
        }
    }

    /// True if these are the same credentials.
    #[must_use]
    pub fn are(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::SshKey(one), Self::SshKey(other)) | (Self::Token(one), Self::Token(other)) => {
                one.expose_secret() == other.expose_secret()
            }
            _ => false,
        }
    }
}

/// Fetches the tip of `branch` from `remote` once and returns the contents of `files`, each `None` if there is no such
/// file, or the error of reading it.
///
/// # Errors
/// If git fails, with its message. With a token, also if the server redirects: the token is not for another place.
pub async fn files(
    remote: &str,
    branch: &str,
    files: &[&str],
    credentials: &Credentials,
) -> Result<Vec<Result<Option<Vec<u8>>, Error>>, Error> {
    let fetched = Fetched::new(remote, branch, credentials).await?;
    let mut contents = Vec::with_capacity(files.len());
    for file in files {
        contents.push(fetched.file(file).await);
    }
    Ok(contents)
}

/// The tip of a branch, in a repository that is deleted with this value.
pub(super) struct Fetched {
    directory: TempDir,
    attempted: String,
    mask: Mask,
}

impl Fetched {
    /// Fetches the tip of `branch` from `remote`.
    ///
    /// # Errors
    /// If git fails, with its message. With a token, also if the server redirects: the token is not for another place.
    pub(super) async fn new(remote: &str, branch: &str, credentials: &Credentials) -> Result<Self, Error> {
        let attempted = format!("fetch the branch {branch} of {remote}");
        if matches!(credentials, Credentials::Token(_)) && remote.starts_with("http://") {
            let cause = "the token would travel unencrypted over http://";
            return Err(Error::new(ErrorKind::Refused, attempted, cause).help("use https:// in `git.remote`"));
        }
        let directory = tempfile::tempdir().map_err(|error| {
            let cause = format!("a temporary directory cannot be created: {error}");
            Error::new(ErrorKind::Unavailable, &attempted, cause).help("check TMPDIR, and that the disk is not full")
        })?;
        let fetched = Self { directory, attempted, mask: credentials.mask() };
        fetched.git(&["init", "--quiet", "--bare"]).await?;
        let (mut fetch, input) = authenticated(remote, credentials);
        fetch.args(["fetch", "--quiet", "--depth=1", "--", remote, &format!("refs/heads/{branch}")]);
        prepare(&mut fetch, &fetched.repository());
        run(fetch, input, &fetched.mask, &fetched.attempted).await?;
        Ok(fetched)
    }

    /// The files in all folders, as GitHub's API lists them.
    pub(super) async fn tree(&self) -> Result<Vec<TreeFile>, Error> {
        let listed = self.git(&["ls-tree", "-r", "-z", "FETCH_HEAD"]).await?;
        // `100644 blob <id>`, a tab, and the path. One that is not UTF-8 is not that of a document.
        let file = |line: &str| {
            let (kind, path) = line.split_once('\t')?;
            let [mode, "blob", id] = kind.split(' ').collect::<Vec<_>>()[..] else { return None };
            Some(TreeFile { path: path.to_owned(), blob: id.to_owned(), mode: mode.to_owned() })
        };
        Ok(String::from_utf8_lossy(&listed).split('\0').filter_map(file).collect())
    }

    /// The content of a blob, which is that of `file`.
    ///
    /// # Errors
    /// Also if it is too large.
    pub(super) async fn blob(&self, id: &str, file: &str) -> Result<Vec<u8>, Error> {
        self.content(id, file, "split the document into several").await
    }

    /// The content of a file of the branch. `None` if there is no such file.
    async fn file(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        let listed = self.git(&["ls-tree", "--name-only", "FETCH_HEAD", "--", file]).await?;
        if listed.is_empty() {
            return Ok(None);
        }
        self.content(&format!("FETCH_HEAD:{file}"), file, "check `spec-path` of the service").await.map(Some)
    }

    async fn content(&self, object: &str, file: &str, help: &str) -> Result<Vec<u8>, Error> {
        let size = String::from_utf8_lossy(&self.git(&["cat-file", "-s", object]).await?).trim().parse::<u64>();
        if size.is_ok_and(|size| size > LARGEST) {
            let cause = format!("{file} is larger than {} MiB, the limit", LARGEST / (1024 * 1024));
            return Err(Error::new(ErrorKind::Unexpected, &self.attempted, cause).help(help));
        }
        self.git(&["cat-file", "blob", object]).await
    }

    /// What git prints when it is called in the repository.
    async fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let mut git = Command::new("git");
        git.args(arguments);
        prepare(&mut git, &self.repository());
        run(git, None, &self.mask, &self.attempted).await
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("repository")
    }
}

/// Sets the repository of a call of git, and removes variables that would lead it elsewhere. Messages are in English,
/// as the rest of an error is.
fn prepare(git: &mut Command, repository: &Path) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| !is_kept(name)) {
        git.env_remove(name);
    }
    git.env("GIT_DIR", repository).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
}

/// True for a variable that a call of git inherits.
fn is_kept(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    !name.starts_with("GIT_")
        || KEPT.contains(&name.as_ref())
        || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The program git with credentials for a remote, and the secret that it reads from its standard input.
fn authenticated(remote: &str, credentials: &Credentials) -> (Command, Option<SecretString>) {
    match credentials {
        Credentials::None => (Command::new("git"), None),
        Credentials::SshKey(key) => {
            let mut git = Command::new("ssh-agent");
            git.args(["sh", "-c", WITH_KEY, "sh", "git"])
                // The key of the agent and no other; a question for its passphrase is answered with a refusal.
                .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o IdentityAgent=SSH_AUTH_SOCK -o IdentityFile=none")
                .envs([("SSH_ASKPASS", "false"), ("SSH_ASKPASS_REQUIRE", "force")]);
            (git, Some(key.clone()))
        }
        Credentials::Token(token) => {
            let mut git = Command::new("git");
            let basic = BASE64.encode(format!("x-access-token:{}", token.expose_secret()));
            configure(
                &mut git,
                &[
                    // For this host alone. A redirect would take it along nevertheless, also to another host.
                    (&format!("http.{}.extraHeader", origin(remote)), &format!("Authorization: Basic {basic}")),
                    ("http.followRedirects", "false"),
                    // Without another account's credentials if this token is refused.
                    ("credential.helper", ""),
                ],
            );
            git.env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS");
            (git, None)
        }
    }
}

/// Adds settings of git to those that the environment has.
fn configure(git: &mut Command, settings: &[(&str, &str)]) {
    let inherited = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0_usize);
    for (index, (key, value)) in (inherited..).zip(settings) {
        git.env(format!("GIT_CONFIG_KEY_{index}"), key).env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    git.env("GIT_CONFIG_COUNT", (inherited + settings.len()).to_string());
}

/// Scheme and host of a URL, as git's configuration names them: `https://git.example.org/`.
fn origin(remote: &str) -> String {
    let (scheme, rest) = remote.split_once("://").unwrap_or(("https", remote));
    format!("{scheme}://{}/", rest.split('/').next().unwrap_or_default())
}

/// Runs a command that ends within the time limit, and returns what it printed.
///
/// `mask` takes the credentials out of what it says: a server can repeat them.
async fn run(
    mut command: Command,
    input: Option<SecretString>,
    mask: &Mask,
    attempted: &str,
) -> Result<Vec<u8>, Error> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let output = tokio::time::timeout(TIMEOUT, output(&mut command, input)).await.map_err(|_| {
        let cause = format!("git did not finish within {} seconds", TIMEOUT.as_secs());
        Error::new(ErrorKind::Unavailable, attempted, cause).help("check the network, and that the host answers")
    })?;
    let output = output.map_err(|error| {
        Error::new(ErrorKind::Unavailable, attempted, format!("the program {program} cannot be run: {error}"))
            .help("install git, and OpenSSH for SSH keys; they read repositories that are not on GitHub")
    })?;
    if output.status.success() { Ok(output.stdout) } else { Err(refusal(&output, mask, attempted)) }
}

async fn output(command: &mut Command, input: Option<SecretString>) -> std::io::Result<Output> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // OpenSSH refuses a key without its last line break, which the manifest removes from secrets. A program that
        // ends before it reads says why itself.
        let text = SecretString::from(format!("{}\n", input.expose_secret()));
        drop(stdin.write_all(text.expose_secret().as_bytes()).await);
    }
    child.wait_with_output().await
}

/// The error for a call that failed.
fn refusal(output: &Output, mask: &Mask, attempted: &str) -> Error {
    let said = mask.text(&String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(LONGEST_WORDS)]));
    let said = excerpt(&said.trim().replace('\n', "; "));
    let error = |cause: String| Error::new(ErrorKind::Refused, attempted, cause);
    if output.status.code() == Some(UNUSABLE_KEY) {
        let help = "check that the SSH key of the service is a private key without a passphrase, with all of its lines";
        return error(format!("ssh-add refused the SSH key: {said}")).help(help);
    }
    let is_redirect = ["301", "302", "303", "307", "308"].iter().any(|code| said.contains(&format!("error: {code}")));
    let help = if is_redirect {
        "the repository has moved, and a token is not sent to where the server points: correct `git.remote` of the service"
    } else {
        "check the remote, the branch and the credentials under `git:` of the service"
    };
    error(format!("git said: {said}")).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let status = std::process::Command::new("git").args(arguments).current_dir(directory.path()).status();
            assert!(status.unwrap().success(), "{arguments:?}");
        };
        git(&["init", "--quiet", "--initial-branch=dev"]);
        std::fs::create_dir(directory.path().join("api")).unwrap();
        std::fs::write(directory.path().join("api/openapi.yaml"), "openapi: 3.1.0\n").unwrap();
        git(&["add", "."]);
        git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "one"]);
        directory
    }

    #[tokio::test]
    async fn files_are_read_byte_for_byte_from_one_shallow_fetch() {
        let directory = repository();
        let remote = format!("file://{}", directory.path().display());
        let wanted = ["api/openapi.yaml", "other.yaml", "api/openapi.yaml"];
        let found = files(&remote, "dev", &wanted, &Credentials::None).await.unwrap();
        let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        assert_eq!(found[0].as_deref(), Some(b"openapi: 3.1.0\n".as_slice()));
        assert_eq!((&found[1], &found[2]), (&None, &found[0]));
    }

    #[tokio::test]
    async fn all_files_are_listed_with_their_modes_and_read_by_their_blobs() {
        let directory = repository();
        let remote = format!("file://{}", directory.path().display());
        let fetched = Fetched::new(&remote, "dev", &Credentials::None).await.unwrap();
        let tree = fetched.tree().await.unwrap();
        let [TreeFile { path, blob, mode }] = tree.as_slice() else { panic!("{tree:?}") };
        assert_eq!((path.as_str(), mode.as_str()), ("api/openapi.yaml", "100644"));
        assert_eq!(fetched.blob(blob, path).await.unwrap(), b"openapi: 3.1.0\n");
    }

    #[tokio::test]
    async fn a_branch_that_does_not_exist_is_told_in_gits_own_words() {
        let directory = repository();
        let remote = format!("file://{}", directory.path().display());
        let error = files(&remote, "main", &["x"], &Credentials::None).await.unwrap_err();
        assert!(error.to_string().contains("git said: fatal: couldn't find remote ref refs/heads/main"), "{error}");
    }

    #[test]
    fn variables_of_git_that_lead_elsewhere_are_not_inherited() {
        for kept in ["PATH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_CONFIG_KEY_0", "GIT_CONFIG_COUNT"]
        {
            assert!(is_kept(OsStr::new(kept)), "{kept}");
        }
        for removed in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_TRACE_CURL"] {
            assert!(!is_kept(OsStr::new(removed)), "{removed}");
        }
    }

    /// A server that answers every request with a redirect to `target`. Returns its address.
    async fn redirecting(target: String) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let answer = format!("HTTP/1.1 301 Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn r13_git_takes_no_token_along_a_redirect() {
        let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = format!("http://{}/other.git/info/refs", other.local_addr().unwrap());
        let remote = format!("{}/service.git", redirecting(target).await);
        let (mut git, input) = authenticated(&remote, &Credentials::Token("sesame".to_owned().into()));
        git.args(["ls-remote", &remote]);
        let mask = Mask::default();
        let error = tokio::select! {
            ended = run(git, input, &mask, "list") => ended.unwrap_err(),
            _ = other.accept() => panic!("git followed the redirect"),
        };
        assert!(error.cause.contains("301") && !error.cause.contains("sesame"), "{error}");
        assert!(error.help.as_ref().unwrap().contains("correct `git.remote`"), "{error:?}");
    }

    #[tokio::test]
    async fn r11_a_token_in_the_words_of_a_server_is_masked_in_what_git_says() {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let mut server = Command::new("sh");
        server.args(["-c", &format!("echo 'remote: bad token {token}' >&2; exit 128")]);
        let mask = Credentials::Token(token.to_owned().into()).mask();
        let error = run(server, None, &mask, "list").await.unwrap_err();
        assert_eq!(error.cause, "git said: remote: bad token ***");
    }

    #[tokio::test]
    async fn a_key_that_is_not_one_is_refused_before_anything_is_sent() {
        let key = Credentials::SshKey("not a key".to_owned().into());
        let error = files("ssh://git@127.0.0.1:9/acme/service.git", "main", &["x"], &key).await.unwrap_err();
        assert!(error.cause.starts_with("ssh-add refused the SSH key: "), "{error}");
    }

    /// The key is in the memory of an agent: a command that asks it finds the key, and no file has it.
    #[tokio::test]
    async fn r11_a_key_is_in_no_file_while_it_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let made =
            std::process::Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path).status();
        assert!(made.unwrap().success());
        let key = std::fs::read_to_string(&path).unwrap();
        let mut agent = Command::new("ssh-agent");
        agent.args(["sh", "-c", WITH_KEY, "sh", "ssh-add", "-l"]).env("TMPDIR", directory.path());
        std::fs::remove_file(&path).unwrap();
        let listed = run(agent, Some(key.trim_end().to_owned().into()), &Mask::default(), "list").await.unwrap();
        assert!(String::from_utf8(listed).unwrap().contains("ED25519"));
    }
}
