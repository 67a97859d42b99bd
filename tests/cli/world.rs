//! A directory with a configuration and service repositories, and koctl run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use sandbox::{Account, RECORD_DIR, Sandbox, SandboxOptions};
use tempfile::TempDir;

/// One team with one service, one environment: the smallest platform.
const TEAMS: &str = "\
teams:
  orders:
    description: Takes orders.
    services:
      Acme/checkout:
        name: checkout
        description: The checkout.
        git:
          remote: https://github.com/Acme/checkout.git
";

const ORGANIZATIONS: &str = "\
organizations:
  Acme:
    access-token:
      type: env
      value: ACME_TOKEN
    environments:
      dev:
        type: DEV
        region: eu
";

/// A specification of that version.
pub(crate) fn spec(title: &str, version: &str) -> String {
    format!(
        "openapi: 3.1.0\n\
         info:\n  title: {title}\n  version: {version}\n\
         servers:\n  - url: https://api.example.com/{title}\n\
         paths:\n  /{title}:\n    get:\n      operationId: list\n      responses:\n        \"200\":\n          description: All.\n"
    )
}

/// A directory in which koctl runs.
pub(crate) struct World {
    directory: TempDir,
}

/// A clone of a repository, in which a person works.
pub(crate) struct Clone(TempDir);

impl Clone {
    /// Runs git in it, which must succeed.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=person", "-c", "user.email=person@example.com"])
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The result of a run of koctl.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The run, which must have ended with `code`.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The last line of stdout.
    pub(crate) fn last_line(&self) -> &str {
        self.stdout.trim_end().lines().last().unwrap_or_default()
    }
}

impl World {
    /// One team, `orders`, with one service, `checkout`; one organization, `Acme`, with one environment, `dev`.
    pub(crate) fn new() -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap() };
        world.write("konnect/teams.yaml", TEAMS);
        world.write("konnect/organizations.yaml", ORGANIZATIONS);
        for branch in ["main", "dev"] {
            world.write(&format!("services/Acme/checkout/{branch}/openapi.yaml"), &spec("checkout", "1.0.0"));
        }
        world
    }

    /// An empty directory.
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// A copy of the files below `from`.
    pub(crate) fn copy_of(from: &Path) -> Self {
        let world = Self::empty();
        copy(from, world.path());
        world
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Replaces `from`, which must be there, by `to` in a file.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no `{from}`:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// The program with these arguments, in this directory, with a clean environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("koctl"));
        command.args(arguments).current_dir(self.path()).env_clear();
        for kept in ["PATH", "HOME", "TMPDIR", RECORD_DIR] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        command
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command(arguments))
    }

    /// Runs the program on the sandbox of this directory.
    pub(crate) fn koctl(&self, arguments: &[&str]) -> Run {
        let mut all = arguments.to_vec();
        all.push("--sandbox");
        self.run(&all)
    }

    /// Applies, which must succeed.
    #[track_caller]
    pub(crate) fn applied(self) -> Self {
        self.koctl(&["apply", "--auto-approve", "--allow-destroy"]).exits(0);
        self
    }

    /// A bare repository of the sandbox.
    pub(crate) fn repository(&self, name: &str) -> PathBuf {
        self.path().join(format!(".koctl/sandbox/github/{name}.git"))
    }

    /// Runs git in a bare repository of the sandbox and returns what it printed.
    #[track_caller]
    pub(crate) fn git(&self, repository: &str, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).env("GIT_DIR", self.repository(repository)).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A clone of a repository of the sandbox, as on a user's machine.
    #[track_caller]
    pub(crate) fn clone_of(&self, repository: &str) -> Clone {
        let clone = Clone(tempfile::tempdir().unwrap());
        clone.git(&["clone", "--quiet", &self.repository(repository).display().to_string(), "."]);
        clone
    }

    /// Commits `text` as `file` onto a branch of a repository of the sandbox, as a developer would push it.
    #[track_caller]
    pub(crate) fn push(&self, repository: &str, branch: &str, file: &str, text: &str) {
        let clone = self.clone_of(repository);
        clone.git(&["checkout", "--quiet", branch]);
        std::fs::write(clone.0.path().join(file), text).unwrap();
        clone.git(&["add", "."]);
        clone.git(&["commit", "--quiet", "-m", "Change"]);
        clone.git(&["push", "--quiet"]);
    }

    /// Commits `text` as `file` onto a new branch of a repository of the sandbox.
    #[track_caller]
    pub(crate) fn propose(&self, repository: &str, branch: &str, file: &str, text: &str) {
        let clone = self.clone_of(repository);
        clone.git(&["checkout", "--quiet", "-b", branch]);
        let path = clone.0.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        clone.git(&["add", "."]);
        clone.git(&["commit", "--quiet", "-m", "Change"]);
        clone.git(&["push", "--quiet", "origin", branch]);
    }

    /// Brings files onto the base branch of a repository of the sandbox, as a merged pull request does.
    #[track_caller]
    pub(crate) fn merge(&self, repository: &str, files: &[(String, String)]) {
        let clone = self.clone_of(repository);
        for (path, text) in files {
            let path = clone.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        clone.git(&["add", "."]);
        clone.git(&["commit", "--quiet", "-m", "Stage the APIs"]);
        clone.git(&["push", "--quiet"]);
    }

    /// A sandbox in this process, with `Acme` in it; [`Self::against`] runs koctl on it.
    pub(crate) async fn sandbox(&self) -> Sandbox {
        self.sandbox_of(&["Acme"]).await
    }

    /// A sandbox in this process with these organizations. The token of `Acme` is `acme-token`.
    pub(crate) async fn sandbox_of(&self, organizations: &[&str]) -> Sandbox {
        let directory = self.path().join(".koctl/sandbox");
        sandbox::github::seed(&directory.join("github"), &self.path().join("services")).unwrap();
        let files = [("README.md".to_owned(), b"# platform\n".to_vec())].into();
        sandbox::github::ensure_repository(&directory.join("github"), "Acme", "platform", &files).unwrap();
        let account = |name: &&str| Account {
            organization: (*name).to_owned(),
            token: format!("{}-token", name.to_lowercase()).into(),
        };
        let organizations = organizations.iter().map(account).collect();
        Sandbox::start(SandboxOptions { dir: directory, port: 0, organizations }).await.unwrap()
    }

    /// Runs the program as against real systems, with a sandbox in their place.
    pub(crate) async fn against(&self, sandbox: &Sandbox, arguments: &[&str]) -> Run {
        let command = self.command_against(sandbox, arguments);
        tokio::task::spawn_blocking(move || finish(command)).await.unwrap()
    }

    /// The same, not run yet.
    pub(crate) fn command_against(&self, sandbox: &Sandbox, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command
            .env("KOCTL_KONNECT_URL", sandbox.konnect_url())
            .env("KOCTL_GITHUB_URL", sandbox.github_url())
            .env("GITHUB_REPO_URL", "https://github.com/Acme/platform.git")
            .env("GITHUB_TOKEN", "github-token")
            .env("ACME_TOKEN", "acme-token")
            .env("BETA_TOKEN", "beta-token");
        command
    }
}

/// Runs a command that [`World::command`] made.
pub(crate) fn finish(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Copies the files below `from` to `to`, which is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            // The bytes alone: the original may be read-only.
            std::fs::write(&target, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// Snapshot filters for values that differ from run to run.
pub(crate) fn filters() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]");
    settings.add_filter(r"[0-9a-f]{8}…", "[short id]");
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[port]");
    settings.add_filter(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", "[time]");
    settings.add_filter(r#""koctl_version": "[^"]+""#, r#""koctl_version": "[version]""#);
    settings.bind_to_scope()
}

/// A client for plain HTTP. Without a provider of cryptography there is none at all.
pub(crate) fn client() -> reqwest::Client {
    transport::tls::install();
    reqwest::Client::new()
}
