//! Reading a file of a repository that GitHub's API cannot read: a shallow fetch by the program git, with the user's
//! own configuration of git and SSH.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;

use engine::{Error, ErrorKind};

/// Time limit for one call of git.
const TIMEOUT: Duration = Duration::from_secs(120);

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

/// Fetches the tip of `branch` from `remote` and returns the content of `file`. `None` if there is no such file.
///
/// No secret is part of a command line: a key goes through a file that only this user can read, a token through
/// the environment.
///
/// # Errors
/// If git fails, with its message.
pub async fn file(remote: &str, branch: &str, file: &str, credentials: &Credentials) -> Result<Option<Vec<u8>>, Error> {
    let attempted = format!("fetch the branch {branch} of {remote}");
    if matches!(credentials, Credentials::Token(_)) && remote.starts_with("http://") {
        let cause = "the token would travel unencrypted over http://";
        return Err(Error::new(ErrorKind::Refused, attempted, cause).help("use https:// in `git.remote`"));
    }
    let failed = |cause: String| Error::new(ErrorKind::Unavailable, &attempted, cause);
    let directory =
        tempfile::tempdir().map_err(|error| failed(format!("a temporary directory cannot be created: {error}")))?;
    let key = directory.path().join("key");
    if let Credentials::SshKey(secret) = credentials {
        write_key(&key, secret).map_err(|error| failed(format!("the SSH key cannot be stored: {error}")))?;
    }
    let repository = directory.path().join("repository");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).env("GIT_DIR", &repository).env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
        authenticate(&mut git, remote, credentials, &key);
        git
    };
    run(git(&["init", "--quiet", "--bare"]), &attempted).await?;
    let source = format!("refs/heads/{branch}");
    run(git(&["fetch", "--quiet", "--depth=1", "--", remote, &source]), &attempted).await?;
    let listed = run(git(&["ls-tree", "--name-only", "FETCH_HEAD", "--", file]), &attempted).await?;
    if listed.is_empty() {
        return Ok(None);
    }
    run(git(&["cat-file", "blob", &format!("FETCH_HEAD:{file}")]), &attempted).await.map(Some)
}

fn authenticate(git: &mut Command, remote: &str, credentials: &Credentials, key: &Path) {
    match credentials {
        Credentials::None => {}
        Credentials::SshKey(_) => {
            let ssh = format!("ssh -i '{}' -o IdentitiesOnly=yes -o BatchMode=yes", key.display());
            git.env("GIT_SSH_COMMAND", ssh);
        }
        Credentials::Token(token) => {
            let basic = BASE64.encode(format!("x-access-token:{}", token.expose_secret()));
            // For this host alone, so that no redirect takes the token to another one.
            git.env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", format!("http.{}.extraHeader", origin(remote)))
                .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {basic}"));
        }
    }
}

/// Scheme and host of a URL, as git's configuration names them: `https://git.example.org/`.
fn origin(remote: &str) -> String {
    let (scheme, rest) = remote.split_once("://").unwrap_or(("https", remote));
    format!("{scheme}://{}/", rest.split('/').next().unwrap_or_default())
}

fn write_key(path: &Path, key: &SecretString) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.expose_secret().as_bytes())?;
    // OpenSSH refuses a key without its last line break, which the manifest removes from secrets.
    file.write_all(b"\n")
}

async fn run(mut git: Command, attempted: &str) -> Result<Vec<u8>, Error> {
    let output = tokio::time::timeout(TIMEOUT, git.kill_on_drop(true).output()).await.map_err(|_| {
        let cause = format!("git did not finish within {} seconds", TIMEOUT.as_secs());
        Error::new(ErrorKind::Unavailable, attempted, cause).help("check the network, and that the host answers")
    })?;
    let output = output.map_err(|error| {
        Error::new(ErrorKind::Unavailable, attempted, format!("the program git cannot be run: {error}"))
            .help("install git; it reads repositories that are not on GitHub")
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    let help = "check the remote, the branch and the credentials under `git:` of the service";
    Err(Error::new(ErrorKind::Refused, attempted, format!("git said: {said}")).help(help))
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
    async fn a_file_is_read_byte_for_byte_from_a_shallow_fetch() {
        let directory = repository();
        let remote = format!("file://{}", directory.path().display());
        let found = file(&remote, "dev", "api/openapi.yaml", &Credentials::None).await.unwrap();
        assert_eq!(found.as_deref(), Some(b"openapi: 3.1.0\n".as_slice()));
        assert_eq!(file(&remote, "dev", "other.yaml", &Credentials::None).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_branch_that_does_not_exist_is_told_in_gits_own_words() {
        let directory = repository();
        let remote = format!("file://{}", directory.path().display());
        let error = file(&remote, "main", "x", &Credentials::None).await.unwrap_err();
        assert!(error.to_string().contains("git said: fatal: couldn't find remote ref refs/heads/main"), "{error}");
    }
}
