//! The texts of a service's documents: Markdown files of its repository, which its APIs show in portals.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::manifest::markdown::FrontMatter;
use crate::manifest::same_file;

/// The texts of documents by path: `guides/start` of a file `guides/start.md`, `guides` of a file `guides/index.md`.
pub type Documents = BTreeMap<String, String>;

/// The largest document, in bytes: a plan shows it as a difference, and people read it.
const LARGEST: usize = 4 * 1024 * 1024;
/// How many mistakes one message has.
const MOST_MISTAKES: usize = 5;
/// The file with the document of its folder.
const INDEX: &str = "index";

/// Reads Markdown files, each under its path below the folder with the documents.
///
/// # Errors
/// What cannot be a document of an API, with the names of the files.
pub fn read(files: BTreeMap<String, Vec<u8>>) -> Result<Documents, String> {
    let (mut documents, mut mistakes) = (Documents::new(), Vec::new());
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (file, bytes) in files {
        let path = path(&file).to_owned();
        match names.entry(same_file(&path)) {
            Entry::Occupied(first) => mistakes.push(format!("{file} and {} are the same document", first.get())),
            Entry::Vacant(first) => {
                first.insert(file.clone());
                match text(&path, bytes) {
                    Ok(text) => drop(documents.insert(path, text)),
                    Err(reason) => mistakes.push(format!("{file}: {reason}")),
                }
            }
        }
    }
    mistakes.extend(documents.keys().filter_map(|path| {
        let (above, _) = path.rsplit_once('/')?;
        let is_there = names.contains_key(&same_file(above));
        (!is_there).then(|| format!("{path}.md is below `{above}`, which is not a document: add {above}.md"))
    }));
    if mistakes.is_empty() { Ok(documents) } else { Err(listed(&mistakes)) }
}

fn listed(mistakes: &[String]) -> String {
    let shown = mistakes.iter().take(MOST_MISTAKES).map(String::as_str).collect::<Vec<_>>().join("; ");
    match mistakes.len().saturating_sub(MOST_MISTAKES) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// The path of the document in a file.
fn path(file: &str) -> &str {
    let path = file.strip_suffix(".md").unwrap_or(file);
    path.strip_suffix(INDEX).and_then(|folder| folder.strip_suffix('/')).unwrap_or(path)
}

/// The text of a document, if Konnect can show it under its path.
fn text(path: &str, bytes: Vec<u8>) -> Result<String, String> {
    // The pattern of `ApiDocumentSlug`.
    let is_slug = |segment: &str| {
        !segment.is_empty() && segment.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    if !path.split('/').all(is_slug) {
        return Err("its name and the names of its folders may have letters without accents, digits, `-` and `_`, \
                    because they are its address in portals: rename it"
            .to_owned());
    }
    if bytes.len() > LARGEST {
        return Err("it is larger than 4 MiB: split it into several".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8: save it as UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if text.starts_with("version https://git-lfs.github.com/spec/") {
        return Err("it is a pointer of Git LFS: store the text itself in git".to_owned());
    }
    let is_refused = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    if let Some((line, _)) = text.lines().enumerate().find(|(_, line)| line.chars().any(is_refused)) {
        return Err(format!("line {} contains a control character: remove it", line + 1));
    }
    let matter = FrontMatter::of(&text);
    matter.title().map(drop).and_then(|()| matter.status().map(drop))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn refused(written: &[(&str, &str)]) -> String {
        read(files(written)).unwrap_err()
    }

    #[test]
    fn without_files_there_are_no_documents() {
        assert_eq!(read(BTreeMap::new()), Ok(Documents::new()));
    }

    #[test]
    fn the_tree_of_files_is_the_tree_of_documents() {
        let read = read(files(&[
            ("index.md", "\u{feff}# Top\n"),
            ("guides/index.md", "# Guides\n"),
            ("guides/start.md", "---\ntitle: Start\nstatus: unpublished\n---\n"),
            ("README.md", ""),
        ]));
        let read = read.unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["README", "guides", "guides/start", "index"]);
        assert_eq!(read["index"], "# Top\n");
    }

    #[test]
    fn what_cannot_be_a_document_is_named_by_its_file() {
        for (file, text, reason) in [
            ("my page.md", "", "my page.md: its name and the names of its folders may have letters"),
            ("übersicht.md", "", "übersicht.md: its name"),
            ("v1.2.md", "", "v1.2.md: its name"),
            ("a.md", "version https://git-lfs.github.com/spec/v1\n", "a.md: it is a pointer of Git LFS"),
            ("a.md", "a\n\u{7}", "a.md: line 2 contains a control character"),
            ("a.md", "---\nstatus: draft\n---\n", "a.md: its front matter has a `status` other than"),
            ("a.md", "---\ntitle: [a]\n---\n", "a.md: its front matter has a `title` that is not a text"),
            ("a/b.md", "", "a/b.md is below `a`, which is not a document: add a.md"),
        ] {
            let refused = refused(&[(file, text)]);
            assert!(refused.starts_with(reason), "{refused}");
        }
        assert!(read([("a.md".to_owned(), vec![0xe9])].into()).unwrap_err().contains("UTF-8"));
        assert!(read([("a.md".to_owned(), vec![b'a'; LARGEST + 1])].into()).unwrap_err().contains("4 MiB"));
        assert_eq!(refused(&[("a.md", ""), ("a/index.md", "")]), "a/index.md and a.md are the same document");
        assert_eq!(refused(&[("A.md", ""), ("a.md", "")]), "a.md and A.md are the same document");
        let many: Vec<String> = (0..7).map(|number| format!("{number} .md")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
        assert!(refused(&many).ends_with("; and 2 more"));
    }
}
