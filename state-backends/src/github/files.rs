//! The files of the branch, and the keys of the documents in them.

use crate::name;

const FOLDER: &str = "state/";
const SUFFIX: &str = ".json";
/// The README of the branch, for people who come across it.
pub(super) const README: &str = "# State of koctl\n\n\
    What koctl made: one file for each organization. koctl writes this branch; do not edit it.\n";

/// The path of the document with this file name, which has no suffix.
pub(super) fn path_of(stem: &str) -> String {
    format!("{FOLDER}{stem}{SUFFIX}")
}

/// The keys of the documents among `files`.
///
/// # Errors
/// The name of a document that is not the name of any key: it would be overlooked, and its objects created twice.
pub(super) fn keys_of<'a>(files: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, String> {
    let stems = files.into_iter().filter_map(|file| file.strip_prefix(FOLDER)?.strip_suffix(SUFFIX));
    let key_of = |stem| {
        name::to_key(stem).ok_or_else(|| format!("the name of the file `{}` does not belong to any key", path_of(stem)))
    };
    let mut keys = stems.map(key_of).collect::<Result<Vec<_>, _>>()?;
    keys.sort();
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_documents() {
        assert_eq!(keys_of(["README.md", "package.json", "state/README.md"]), Ok(vec![]));
        assert_eq!(keys_of(["state/kong.json", "state/Kong~1.json"]), Ok(vec!["Kong".into(), "kong".into()]));
    }

    #[test]
    fn a_document_under_a_name_that_is_no_keys_is_told() {
        let damage = keys_of(["state/kong.json", "state/Kong.json"]).unwrap_err();
        assert!(damage.contains("`state/Kong.json`"), "{damage}");
    }
}
