//! Reads the Markdown files below a folder, and single files, and refuses everything there that could lead elsewhere or has no end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::files;

/// The largest file, in bytes: Konnect takes a million characters, and a character has at most four bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most files and folders below one folder, and the most bytes in them. Symbolic links can make few files many.
const MOST_ENTRIES: usize = 10_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The refusal of a link that leads elsewhere, and the next step.
const LEAVES: &str = "it is a symbolic link that leaves the folder with the configuration";
const PUT_THERE: &str = "put the file itself there, or link to one below the folder `konnect`";

/// A Markdown file.
pub(super) struct MarkdownFile {
    /// Its path below the folder, without `.md`: `guides/start`.
    pub(super) path: String,
    /// Its name in messages.
    pub(super) name: String,
    pub(super) text: String,
}

/// The Markdown files below a folder.
pub(super) struct Walk<'a> {
    /// The folder that no symbolic link may leave, without symbolic links itself.
    root: &'a Path,
    pub(super) files: Vec<MarkdownFile>,
    pub(super) errors: Vec<Diagnostic>,
    entries: usize,
    bytes: usize,
}

/// A folder on the way.
struct Folder<'f> {
    /// Its path without symbolic links.
    real: PathBuf,
    /// Its name in messages.
    name: &'f str,
    /// Its path below the first folder, which ends with a slash if it is not empty.
    path: &'f str,
    above: Option<&'f Folder<'f>>,
}

impl Folder<'_> {
    /// True if it or a folder above it is this one.
    fn is_within(&self, real: &Path) -> bool {
        self.real == real || self.above.is_some_and(|above| above.is_within(real))
    }
}

impl<'a> Walk<'a> {
    /// Reads the files below a folder, which need not exist. `name` is its name in messages.
    pub(super) fn of(root: &'a Path, folder: &Path, name: &str) -> Self {
        let mut walk = Self { root, files: Vec::new(), errors: Vec::new(), entries: 0, bytes: 0 };
        match fs::canonicalize(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_err() => {}
            Err(error) => walk.unreadable(name, &error.to_string()),
            Ok(real) if walk.is_outside(&real, name) => {}
            Ok(real) => walk.folder(&Folder { real, name, path: "", above: None }),
        }
        walk
    }

    /// The bytes of one file, `None` if there is none. `name` is its name in messages.
    ///
    /// # Errors
    /// If it is outside of `root`, or cannot be read.
    pub(super) fn one(root: &'a Path, file: &Path, name: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        let unreadable = |error: &io::Error| {
            Self::refusal(name, &error.to_string(), "make it a file that can be read, or remove it")
        };
        let real = match fs::canonicalize(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(file).is_err() => {
                return Ok(None);
            }
            real => real.map_err(|error| unreadable(&error))?,
        };
        if !real.starts_with(root) {
            return Err(Self::refusal(name, LEAVES, PUT_THERE));
        }
        files::read(&real, LARGEST).map(Some).map_err(|error| unreadable(&error))
    }

    fn folder(&mut self, folder: &Folder<'_>) {
        let entries = match fs::read_dir(&folder.real).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(folder.name, &error.to_string()),
        };
        let mut names: Vec<_> = entries.into_iter().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                // Reported once, for the first one beyond the limit.
                if self.entries == MOST_ENTRIES + 1 {
                    self.refuse(folder.name, &format!("there are more than {MOST_ENTRIES} files here"), "remove some");
                }
                return;
            }
            match name.to_str() {
                // Editors and file managers keep their own files like this.
                Some(name) if name.starts_with('.') => {}
                Some(name) => self.entry(folder, name),
                None => self.refuse(
                    &format!("{}/{}", folder.name, name.to_string_lossy()),
                    "its name is not valid UTF-8",
                    "rename the file",
                ),
            }
        }
    }

    fn entry(&mut self, folder: &Folder<'_>, entry: &str) {
        let name = format!("{}/{entry}", folder.name);
        let real = match fs::canonicalize(folder.real.join(entry)) {
            Ok(real) => real,
            Err(error) => return self.unreadable(&name, &error.to_string()),
        };
        if self.is_outside(&real, &name) {
            return;
        }
        if real.is_dir() {
            if folder.is_within(&real) {
                return self.refuse(&name, "it is a symbolic link to a folder above it", "remove the link");
            }
            let path = format!("{}{entry}/", folder.path);
            return self.folder(&Folder { real, name: &name, path: &path, above: Some(folder) });
        }
        match entry.strip_suffix(".md").filter(|_| real.extension().is_some_and(|extension| extension == "md")) {
            Some(stem) => {
                let path = format!("{}{stem}", folder.path);
                self.file(&real, path, name);
            }
            None => self.refuse(
                &name,
                "it is not a Markdown file",
                "rename it so that it ends with `.md`, or move it out of the folder",
            ),
        }
    }

    fn file(&mut self, real: &Path, path: String, name: String) {
        let bytes = match files::read(real, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) => return self.unreadable(&name, &error.to_string()),
        };
        self.bytes += bytes.len();
        if self.bytes > MOST_BYTES {
            self.bytes -= bytes.len();
            return self.refuse(&name, "the files here are larger than 64 MiB together", "remove some");
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                self.files.push(MarkdownFile { path, name, text });
            }
            Err(_) => self.refuse(&name, "it is not valid UTF-8", "save the file as UTF-8"),
        }
    }

    /// True, with an error, if a path is outside of the folder with the configuration.
    fn is_outside(&mut self, real: &Path, name: &str) -> bool {
        let is_outside = !real.starts_with(self.root);
        if is_outside {
            self.refuse(name, LEAVES, PUT_THERE);
        }
        is_outside
    }

    fn unreadable(&mut self, name: &str, reason: &str) {
        self.refuse(name, reason, "make it a file or folder that can be read, or remove it");
    }

    fn refuse(&mut self, name: &str, reason: &str, help: &str) {
        self.errors.push(Self::refusal(name, reason, help));
    }

    /// The error of a file that cannot be content.
    pub(super) fn refusal(name: &str, reason: &str, help: &str) -> Diagnostic {
        Diagnostic::new("koctl::manifest::content", format!("cannot read {name}: {reason}")).with_help(help)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(files: &[&str]) -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            for file in files {
                let path = tree.0.path().join("pages").join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, format!("# {file}\n")).unwrap();
            }
            tree
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        /// The paths that are read, and the messages of what is not.
        fn walked(&self) -> (Vec<String>, Vec<String>) {
            let root = fs::canonicalize(self.0.path()).unwrap();
            let walk = Walk::of(&root, &self.at("pages"), "pages");
            let files = walk.files.into_iter().map(|file| file.path).collect();
            (files, walk.errors.iter().map(|error| error.line()).collect())
        }
    }

    #[test]
    fn without_a_folder_there_are_no_files() {
        assert_eq!(Tree::new(&[]).walked(), (vec![], vec![]));
    }

    #[test]
    fn the_tree_of_files_is_read_in_the_order_of_names_without_hidden_files() {
        let tree = Tree::new(&["b.md", "a/z.md", "a/b/c.md", ".git/x", ".DS_Store", "a.md"]);
        assert_eq!(tree.walked().0, ["a/b/c", "a/z", "a", "b"]);
        assert!(tree.walked().1.is_empty());
    }

    #[test]
    fn a_link_to_a_file_of_the_configuration_is_read_and_one_that_leaves_it_is_refused() {
        let tree = Tree::new(&["a.md", "other/b.md"]);
        symlink("a.md", tree.at("pages/same.md")).unwrap();
        symlink("/etc/passwd", tree.at("pages/passwd.md")).unwrap();
        symlink("/etc", tree.at("pages/etc")).unwrap();
        symlink("missing.md", tree.at("pages/dangling.md")).unwrap();
        symlink("..", tree.at("pages/other/loop")).unwrap();
        let (files, errors) = tree.walked();
        assert_eq!(files, ["a", "other/b", "same"]);
        let reasons = [
            "pages/dangling.md: No such file",
            "pages/etc: it is a symbolic link that leaves",
            "pages/other/loop: it is a symbolic link to a folder above it",
            "pages/passwd.md: it is a symbolic link that leaves",
        ];
        assert_eq!(errors.len(), reasons.len(), "{errors:?}");
        for (error, reason) in errors.iter().zip(reasons) {
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn what_is_no_markdown_text_is_named() {
        let tree = Tree::new(&["a.txt", "A.MD", "folder.md/x.md"]);
        fs::write(tree.at("pages/latin.md"), b"caf\xe9").unwrap();
        fs::write(tree.at("pages").join(std::ffi::OsStr::from_bytes(b"caf\xe9.md")), "x").unwrap();
        fs::File::create(tree.at("pages/large.md")).unwrap().set_len(LARGEST + 1).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(tree.at("pages/pipe.md")).status().unwrap();
        assert!(fifo.success());
        let (files, errors) = tree.walked();
        assert_eq!(files, ["folder.md/x"]);
        let reasons = [
            "A.MD: it is not a Markdown file",
            "a.txt: it is not a Markdown file",
            ".md: its name is not valid UTF-8",
            "large.md: it is larger than 4 MiB",
            "latin.md: it is not valid UTF-8",
            "pipe.md: it is a named pipe, not a file",
        ];
        assert_eq!(errors.len(), reasons.len(), "{errors:?}");
        for reason in reasons {
            assert!(errors.iter().any(|error| error.contains(reason)), "{reason}: {errors:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        let tree = Tree::new(&["a.md"]);
        fs::write(tree.at("pages/a.md"), "\u{feff}---\n").unwrap();
        let root = fs::canonicalize(tree.0.path()).unwrap();
        assert_eq!(Walk::of(&root, &tree.at("pages"), "pages").files[0].text, "---\n");
    }
}
