//! The directory backend: the rules that every backend keeps, and those of files.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "this whole program is tests, their helpers included")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::conformance::Fixture;
use async_trait::async_trait;
use state_backends::{Backend, Directory, Expected, Kind, LockInfo};
use tempfile::TempDir;

/// A directory that does not exist yet, in one that does.
struct InTemporary(TempDir);

impl InTemporary {
    fn path(&self) -> PathBuf {
        self.0.path().join("not-yet/state")
    }
}

#[async_trait]
impl Fixture for InTemporary {
    async fn create() -> Self {
        Self(TempDir::new().unwrap())
    }

    async fn open(&self) -> Arc<dyn Backend> {
        Self::open_at(&self.address()).await
    }

    fn address(&self) -> String {
        self.path().to_str().unwrap().to_owned()
    }

    async fn open_at(address: &str) -> Arc<dyn Backend> {
        Arc::new(Directory::open(address).unwrap())
    }
}

mod conformance {
    use super::*;

    ::conformance::conformance_suite!(InTemporary);
}

mod files {
    use super::*;

    /// A link would be replaced by the next write, and what it leads to would stay as it was.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_document_that_is_a_symbolic_link_is_refused_and_left_alone() {
        let world = InTemporary::create().await;
        let backend = world.open().await;
        put(&*backend, "a", b"{}").await;
        let (link, target) = (world.path().join("a.json"), world.0.path().join("elsewhere.json"));
        std::fs::rename(&link, &target).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        for _ in ["a link to a document", "a link to nothing"] {
            let read = backend.read("a").await.unwrap_err();
            let locked = backend.lock("a", &somebody()).await.unwrap_err();
            for error in [read, locked] {
                assert_eq!(error.kind(), &Kind::Misconfigured, "{error}");
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert!(
                    cause.contains("a.json` is a symbolic link to `") && cause.contains("elsewhere.json"),
                    "{cause}"
                );
            }
            assert_eq!(std::fs::read_link(&link).unwrap(), target);
            let _ = std::fs::remove_file(&target);
        }
    }

    #[tokio::test]
    async fn looking_creates_no_directory() {
        let world = InTemporary::create().await;
        let backend = world.open().await;
        backend.read("a").await.unwrap();
        backend.keys().await.unwrap();
        backend.history("a").await.unwrap();
        assert!(!world.path().exists());
    }

    #[tokio::test]
    async fn a_document_lies_under_its_key() {
        let world = InTemporary::create().await;
        let backend = Directory::open(world.path()).unwrap();
        put(&backend, "kong", b"{}").await;
        assert_eq!(std::fs::read(world.path().join("kong.json")).unwrap(), b"{}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_created_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let world = InTemporary::create().await;
        let backend = Directory::open(world.path()).unwrap();
        put(&backend, "kong", b"1").await;
        put(&backend, "kong", b"2").await;
        backend.lock("kong", &somebody()).await.unwrap();

        let (mut files, mut directories) = (0, 0);
        for path in everything_under(&world.path()) {
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            if path.is_dir() {
                assert_eq!(mode, 0o700, "{}", path.display());
                directories += 1;
            } else {
                assert_eq!(mode, 0o600, "{}", path.display());
                files += 1;
            }
        }
        // The document, its backup, the lock and the guard; backups, backups/kong and locks.
        assert_eq!((files, directories), (4, 3));
    }

    #[tokio::test]
    async fn a_write_leaves_no_temporary_file_and_clears_one_that_was_left() {
        let world = InTemporary::create().await;
        let backend = Directory::open(world.path()).unwrap();
        put(&backend, "kong", b"1").await;
        let left = world.path().join(".kong.json.new");
        std::fs::write(&left, "half a docum").unwrap();
        put(&backend, "kong", b"2").await;
        assert!(!left.exists());
        assert_eq!(backend.read("kong").await.unwrap().unwrap().bytes, b"2");
    }

    #[tokio::test]
    async fn a_file_in_place_of_the_directory_is_told() {
        let world = InTemporary::create().await;
        let file = world.0.path().join("file");
        std::fs::write(&file, "mine").unwrap();
        for path in [file.clone(), file.join("state")] {
            let backend = Directory::open(&path);
            let error = match backend {
                Err(error) => error,
                Ok(backend) => backend.lock("kong", &somebody()).await.unwrap_err(),
            };
            assert_eq!(error.kind(), &Kind::Misconfigured);
            assert!(error.to_string().contains(&format!("the directory `{}`", path.display())), "{error}");
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }

    #[tokio::test]
    async fn a_directory_in_place_of_a_document_is_told() {
        let world = InTemporary::create().await;
        std::fs::create_dir_all(world.path().join("kong.json")).unwrap();
        let error = world.open().await.read("kong").await.unwrap_err();
        assert_eq!(error.kind(), &Kind::Misconfigured);
    }

    #[tokio::test]
    async fn a_document_under_a_name_that_is_no_keys_is_told_with_its_proper_name() {
        let world = InTemporary::create().await;
        std::fs::create_dir_all(world.path()).unwrap();
        std::fs::write(world.path().join("Kong.json"), "{}").unwrap();
        let error = world.open().await.keys().await.unwrap_err();
        let Kind::Corrupt(damage) = error.kind() else { panic!("{error}") };
        assert!(damage.contains("for the key `Kong` the name is `Kong~1.json`"), "{damage}");
    }

    #[tokio::test]
    async fn a_backup_that_was_edited_is_not_given_out_as_what_was_written() {
        let world = InTemporary::create().await;
        let backend = Directory::open(world.path()).unwrap();
        put(&backend, "kong", b"1").await;
        put(&backend, "kong", b"2").await;
        let version = backend.history("kong").await.unwrap().remove(0);
        std::fs::write(&version.location, "edited").unwrap();
        let error = backend.read_version("kong", &version.revision).await.unwrap_err();
        assert!(matches!(error.kind(), Kind::Corrupt(_)), "{error}");
    }

    #[tokio::test]
    async fn a_lock_file_that_says_nothing_still_locks() {
        let world = InTemporary::create().await;
        let backend = Directory::open(world.path()).unwrap();
        backend.lock("kong", &somebody()).await.unwrap();
        std::fs::write(world.path().join("locks/kong.lock"), "").unwrap();
        let error = backend.lock("kong", &somebody()).await.unwrap_err();
        assert_eq!(error.kind(), &Kind::Locked { holder: None });
    }
}

#[cfg(unix)]
mod death {
    use std::io::{BufRead, BufReader};

    use super::*;

    #[tokio::test]
    async fn a_holder_that_is_killed_frees_its_lock() {
        if let Some(path) = again::path() {
            let backend = Directory::open(path).unwrap();
            let talkative = LockInfo::of_this_process("test ".repeat(100), "directory tests");
            backend.lock("kong", &talkative).await.unwrap();
            println!("locked");
            std::thread::sleep(std::time::Duration::from_secs(600));
        }
        let world = InTemporary::create().await;
        let mut child = again::start("death::a_holder_that_is_killed_frees_its_lock", &world.path(), None);
        wait_for_line(&mut child, "locked");
        let backend = world.open().await;
        let error = backend.lock("kong", &somebody()).await.unwrap_err();
        let Kind::Locked { holder: Some(holder) } = error.kind() else { panic!("{error}") };
        assert_eq!(holder.pid, Some(child.id()));

        child.kill().unwrap();
        child.wait().unwrap();
        let next = somebody();
        backend.lock("kong", &next).await.unwrap();
        let error = backend.lock("kong", &somebody()).await.unwrap_err();
        assert_eq!(error.kind(), &Kind::Locked { holder: Some(Box::new(next)) });
    }

    #[tokio::test]
    async fn a_writer_that_is_killed_leaves_one_whole_document() {
        if let Some(path) = again::path() {
            let backend = Directory::open(path).unwrap();
            println!("writing");
            for number in (0..=u8::MAX).cycle() {
                put(&backend, "kong", &vec![number; 300_000]).await;
            }
        }
        let world = InTemporary::create().await;
        let backend = world.open().await;
        for milliseconds in [0, 3, 7, 13, 24, 40] {
            let test = "death::a_writer_that_is_killed_leaves_one_whole_document";
            let mut child = again::start(test, &world.path(), None);
            wait_for_line(&mut child, "writing");
            std::thread::sleep(std::time::Duration::from_millis(milliseconds));
            child.kill().unwrap();
            child.wait().unwrap();
            if let Some(document) = backend.read("kong").await.unwrap() {
                assert_eq!(document.bytes, vec![document.bytes[0]; 300_000]);
            }
        }
        put(&*backend, "kong", b"and the next one can write").await;
    }

    fn wait_for_line(child: &mut std::process::Child, expected: &str) {
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let found = lines.map(Result::unwrap).any(|line| line.ends_with(expected));
        assert!(found, "the process ended before it said `{expected}`");
    }
}

/// A place that does not take a write: the earlier document stays, and the error says why.
#[cfg(unix)]
mod refusal {
    use super::*;

    const OLD: &[u8] = b"old";

    /// In a process of its own, whose files may not grow past 32 KiB: the file system says no in the middle of a
    /// write, as a full one does.
    #[tokio::test]
    async fn a_full_disk_is_told_and_leaves_the_earlier_document() {
        const LIMITED: &str = r#"trap "" XFSZ; ulimit -f 64; exec "$0" "$@""#;
        if let Some(path) = again::path() {
            return write_is_refused(&path, &Kind::NoSpace).await;
        }
        run(LIMITED, "refusal::a_full_disk_is_told_and_leaves_the_earlier_document").await;
    }

    /// The same on a file system that is really full; this needs a kernel that lets users mount one for themselves.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_file_system_is_told_and_leaves_the_earlier_document() {
        const FULL: &str = r#"mount -t tmpfs -o size=64k none "$STATE_BACKENDS_PATH" && exec "$0" "$@""#;
        if let Some(path) = again::path() {
            put(&Directory::open(&path).unwrap(), "kong", OLD).await;
            return write_is_refused(&path, &Kind::NoSpace).await;
        }
        if can_mount() {
            run_mounted(FULL, "refusal::a_full_file_system_is_told_and_leaves_the_earlier_document").await;
        }
    }

    /// As above; to the superuser, whom permissions do not stop, a read-only file system does.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_read_only_directory_is_told_and_leaves_the_earlier_document() {
        const READ_ONLY: &str = r#"mount --bind "$STATE_BACKENDS_PATH" "$STATE_BACKENDS_PATH" &&
            mount -o remount,bind,ro "$STATE_BACKENDS_PATH" && exec "$0" "$@""#;
        if let Some(path) = again::path() {
            let backend = Directory::open(&path).unwrap();
            let error = backend.lock("kong", &somebody()).await.unwrap_err();
            assert_eq!(error.kind(), &Kind::PermissionDenied);
            assert!(error.next_step().contains(path.to_str().unwrap()));
            assert_eq!(backend.read("kong").await.unwrap().unwrap().bytes, OLD);
            return;
        }
        if can_mount() {
            run_mounted(READ_ONLY, "refusal::a_read_only_directory_is_told_and_leaves_the_earlier_document").await;
        }
    }

    async fn write_is_refused(path: &Path, kind: &Kind) {
        let backend = Directory::open(path).unwrap();
        let old = backend.read("kong").await.unwrap().unwrap();
        let info = somebody();
        backend.lock("kong", &info).await.unwrap();
        let expected = Expected::Revision(old.revision.clone());
        let error = backend.write("kong", vec![b'x'; 100_000], &expected, &info.id).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(backend.read("kong").await.unwrap().unwrap(), old);

        // Nothing half-written takes up the space that a smaller document fits in.
        backend.write("kong", b"smaller".to_vec(), &expected, &info.id).await.unwrap();
    }

    async fn run(script: &str, test: &str) {
        run_under(&["sh", "-c", script], test).await;
    }

    async fn run_mounted(script: &str, test: &str) {
        run_under(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script], test).await;
    }

    async fn run_under(command: &[&str], test: &str) {
        let directory = TempDir::new().unwrap();
        put(&Directory::open(directory.path()).unwrap(), "kong", OLD).await;
        let output = again::start(test, directory.path(), Some(command)).wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    #[cfg(target_os = "linux")]
    fn can_mount() -> bool {
        let directory = TempDir::new().unwrap();
        let try_it = std::process::Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none"])
            .arg(directory.path())
            .output();
        let can = try_it.is_ok_and(|output| output.status.success());
        if !can {
            println!("skipped: users may not mount file systems here");
        }
        can
    }
}

/// Runs one test of this program again, in a process of its own.
#[cfg(unix)]
mod again {
    use std::env;
    use std::process::{Child, Command, Stdio};

    use super::*;

    const PATH: &str = "STATE_BACKENDS_PATH";

    /// In the process that was started: the directory to work on.
    pub(super) fn path() -> Option<PathBuf> {
        env::var_os(PATH).map(PathBuf::from)
    }

    /// Starts it, by way of a command that ends in running its arguments if one is given.
    pub(super) fn start(test: &str, path: &Path, by_way_of: Option<&[&str]>) -> Child {
        let program = env::current_exe().unwrap();
        let mut command = match by_way_of {
            None => Command::new(program),
            Some([first, rest @ ..]) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            Some([]) => panic!("an empty command"),
        };
        command.args(["--exact", test, "--nocapture"]).env(PATH, path).stdout(Stdio::piped());
        command.spawn().unwrap()
    }
}

fn somebody() -> LockInfo {
    LockInfo::of_this_process("test", "directory tests")
}

async fn put(backend: &dyn Backend, key: &str, bytes: &[u8]) {
    let info = somebody();
    backend.lock(key, &info).await.unwrap();
    let found = backend.read(key).await.unwrap().map(|document| document.revision);
    backend.write(key, bytes.to_vec(), &Expected::from(found), &info.id).await.unwrap();
    backend.unlock(key, &info.id).await.unwrap();
}

#[cfg(unix)]
fn everything_under(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(
            |path| {
                if path.is_dir() { [vec![path.clone()], everything_under(&path)].concat() } else { vec![path] }
            },
        )
        .collect()
}
