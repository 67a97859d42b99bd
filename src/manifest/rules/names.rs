//! Valid names. Names become Konnect labels and parts of resource addresses, branches and file paths, and must be valid
//! in all of them.

use transport::visible;
use unicode_normalization::UnicodeNormalization;

/// The form of a name in which two names are equal if a file system can mistake one for the other: macOS and Windows do
/// not see upper and lower case, nor how an accented letter is encoded.
pub(crate) fn same_file(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// The reason why a name is not valid, and the rule for valid names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NameProblem {
    pub(super) reason: &'static str,
    pub(super) help: String,
}

/// The longest label value that Konnect accepts (schema `Labels` of its API documents).
const LABEL_LENGTH: usize = 63;

/// Checks a name that becomes a label value: of a team, a service or an environment. The rule is the pattern of the
/// schema `Labels`, which is the same in all API documents of Konnect.
pub(super) fn label_value(name: &str) -> Option<NameProblem> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let reason = if name.chars().count() > LABEL_LENGTH {
        "it is longer than 63 characters"
    } else if !name.chars().all(inside) {
        "it contains a character that Konnect does not allow in labels"
    } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric())
        || !name.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        "it does not begin and end with a letter or digit"
    } else {
        return None;
    };
    let rule = "use 1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last";
    Some(NameProblem { reason, help: with_proposal(name, rule, inside) })
}

/// Checks a name that becomes part of branches, file paths and addresses: of an organization, an environment or a team.
pub(super) fn path_part(name: &str) -> Option<NameProblem> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let reason = if name.starts_with('@') {
        "names that begin with `@` are reserved for koctl"
    } else if !name.chars().all(inside) {
        "it contains a character that is not valid in a branch, a file path or a resource address"
    } else if !name.starts_with(char::is_alphanumeric) {
        "it does not begin with a letter or digit"
    } else if name.contains("..") {
        "git does not allow `..` in branches"
    } else if name.ends_with('.') {
        "it ends with a dot, which Windows removes from names of files"
    } else if name.len() > 100 {
        "it is longer than 100 bytes"
    } else {
        return None;
    };
    let rule = "use letters, digits, `-`, `_` and single `.`, with a letter or digit first";
    Some(NameProblem { reason, help: with_proposal(name, rule, inside) })
}

fn with_proposal(name: &str, rule: &str, inside: impl Fn(char) -> bool) -> String {
    let replaced: String = name.chars().map(|c| if inside(c) { c } else { '-' }).take(LABEL_LENGTH).collect();
    let proposal = replaced.replace("..", ".");
    let proposal = proposal.trim_matches(['-', '.', '_']);
    if proposal.is_empty() { rule.to_owned() } else { format!("{rule}, for example `{proposal}`") }
}

/// The reason why the key of a service is not valid. It is a path below the team's folder, so it may contain slashes.
pub(super) fn service_key(key: &str) -> Option<&'static str> {
    if key.chars().any(|c| visible::is_hidden(c) || c == '\\') {
        return Some("it contains a backslash, or a character that is not visible");
    }
    key.split('/').find_map(|segment| match segment {
        _ if segment.trim().is_empty() => Some("it has an empty segment between slashes"),
        "." | ".." => Some("it has a segment `.` or `..`"),
        _ if segment.ends_with('.') || segment.trim() != segment => {
            Some("a segment of it begins or ends with a space, or ends with a dot, which Windows removes")
        }
        // `git~1` is the short name of `.git` on Windows, so git refuses it, too.
        _ if matches!(same_file(segment).as_str(), ".git" | "git~1") => {
            Some("it has a segment `.git`, which git does not allow in a repository")
        }
        _ if segment.len() > FILE_NAME => Some("a segment of it is longer than 255 bytes, the limit of file systems"),
        _ => None,
    })
}

/// The longest name of a file.
pub(super) const FILE_NAME: usize = 255;

/// The longest slug of a page that Konnect accepts (schema `PageSlug` of `portal-management-v3`).
const SLUG_LENGTH: usize = 512;

/// The reason why a segment of the path of a page is not valid. It is a segment of the path of a web address.
pub(super) fn slug(segment: &str) -> Option<&'static str> {
    let refused = |c: char| c.is_whitespace() || visible::is_hidden(c) || "?#%\\".contains(c);
    if segment.is_empty() {
        Some("it has an empty segment between slashes")
    } else if matches!(segment, "." | "..") {
        Some("it has a segment `.` or `..`")
    } else if segment.chars().any(refused) {
        Some("it contains white space, a character that is not visible, or one of `? # % \\`")
    } else if segment.chars().count() > SLUG_LENGTH {
        Some("a segment of it is longer than 512 characters, the limit of Konnect")
    } else {
        None
    }
}

/// The reason why the path of a specification in its repository is not valid.
pub(super) fn spec_path(path: &str) -> Option<&'static str> {
    if path.ends_with('/') && !path.starts_with('/') {
        return Some("it is a directory");
    }
    repository_path(path, "it is not a file")
}

/// The reason why the path of a folder with documents in its repository is not valid.
pub(super) fn docs_path(path: &str) -> Option<&'static str> {
    repository_path(path, "it is the whole repository, or no folder")
}

/// The reason why a path in a repository is not valid. `nothing` is the one if it leads to the root.
fn repository_path(path: &str, nothing: &'static str) -> Option<&'static str> {
    if path.starts_with('/') {
        return Some("it is absolute");
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return Some("it contains a backslash or a control character");
    }
    let mut depth = 0_usize;
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if depth == 0 => return Some("it is outside of the repository"),
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    (depth == 0).then_some(nothing)
}

/// True if a path is meant as a pattern for several files: with `*` or `?`, or with alternatives in brackets or braces.
pub(super) fn is_pattern(path: &str) -> bool {
    let encloses = |open: char, close: char, needs: &[char]| {
        let inside = path.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map(|(inside, _)| inside);
        inside.is_some_and(|inside| needs.is_empty() || inside.contains(needs))
    };
    path.contains(['*', '?']) || encloses('[', ']', &[]) || encloses('{', '}', &[','])
}

/// The reason why the name of a branch is not valid, by git's rules (`git check-ref-format`).
pub(super) fn branch(name: &str) -> Option<&'static str> {
    let refused = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    if name.chars().any(refused) {
        Some("it contains white space or one of `~ ^ : ? * [ \\`")
    } else if name.starts_with(['-', '/']) || name.ends_with(['/', '.']) {
        Some("it begins with `-` or `/`, or ends with `/` or `.`")
    } else if name.contains("..") || name.contains("//") || name.contains("@{") || name == "@" {
        Some("it contains `..`, `//` or `@{`")
    } else if name.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock")) {
        Some("a part of it begins with `.` or ends with `.lock`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_konnect_takes_as_labels_are_fine() {
        for name in ["a", "flight-data", "Flights_2.0", &"a".repeat(63)] {
            assert_eq!(label_value(name), None, "{name}");
        }
    }

    #[test]
    fn names_that_konnect_refuses_as_labels_come_with_a_proposal() {
        for (name, proposal) in [
            ("flight data", Some("flight-data")),
            ("-flights", Some("flights")),
            ("flights.", Some("flights")),
            ("flüge", Some("fl-ge")),
            ("a/b", Some("a-b")),
            ("", None),
            ("---", None),
        ] {
            let problem = label_value(name).unwrap();
            match proposal {
                Some(proposal) => {
                    assert!(problem.help.ends_with(&format!("for example `{proposal}`")), "{name}: {}", problem.help)
                }
                None => assert!(!problem.help.contains("for example"), "{name}: {}", problem.help),
            }
        }
        assert_eq!(label_value(&"a".repeat(64)).unwrap().reason, "it is longer than 63 characters");
    }

    #[test]
    fn every_proposal_is_itself_a_good_name() {
        for name in ["flight data", "-x-", "a..b c", "@platform", &"é ".repeat(80)] {
            let help = path_part(name).or_else(|| label_value(name)).unwrap().help;
            let proposal = help.rsplit('`').nth(1).unwrap();
            assert_eq!(path_part(proposal), None, "{name} -> {proposal}");
        }
    }

    #[test]
    fn organizations_may_be_named_in_any_script_but_not_with_separators() {
        for name in ["KongAirlines", "Kong_Air.2", "Fluglinie-Süd"] {
            assert_eq!(path_part(name), None, "{name}");
        }
        for name in ["@platform", "Kong Air", "a/b", "a..b", ".hidden", "-x", "a.", "a\u{0}", "a:b", "a*", ""] {
            assert!(path_part(name).is_some(), "{name}");
        }
    }

    #[test]
    fn service_keys_are_paths_that_stay_below() {
        for key in ["flights", "KongAirlines/flights", "a/b/c", "with space/x"] {
            assert_eq!(service_key(key), None, "{key}");
        }
        for key in ["", "/flights", "flights/", "a//b", "a/../b", "..", "./a", "a\\b", "a\nb"] {
            assert!(service_key(key).is_some(), "{key}");
        }
        let long = "a".repeat(256);
        for key in [".git/config", "a/.GIT", "git~1", "a.", "a./b", "a /b", " a", "a\u{202e}b", "a\u{200b}", &long] {
            assert!(service_key(key).is_some(), "{key}");
        }
    }

    #[test]
    fn names_that_a_file_system_mistakes_for_each_other_are_the_same() {
        for (one, other) in [("Flights", "flights"), ("s\u{fc}d", "su\u{308}d"), ("S\u{dc}D", "su\u{308}d")] {
            assert_eq!(same_file(one), same_file(other));
        }
        assert_ne!(same_file("flights"), same_file("flight"));
    }

    #[test]
    fn slugs_are_segments_of_a_web_address() {
        for segment in ["start", "first-steps", "v1.2", "Über", "a@b"] {
            assert_eq!(slug(segment), None, "{segment}");
        }
        for segment in ["", ".", "..", "a b", "a?b", "a#b", "a%2fb", "a\\b", "a\u{202e}b", &"a".repeat(513)] {
            assert!(slug(segment).is_some(), "{segment}");
        }
    }

    #[test]
    fn specifications_are_files_inside_of_the_repository() {
        for path in ["openapi.yaml", "./api/openapi.yaml", "a/../openapi.json", "..spec"] {
            assert_eq!(spec_path(path), None, "{path}");
        }
        for path in ["/openapi.yaml", "../openapi.yaml", "a/../../b", ".", "a/", "a/..", "a\\b"] {
            assert!(spec_path(path).is_some(), "{path}");
        }
    }

    #[test]
    fn a_path_for_several_files_is_a_pattern() {
        for path in ["*.yaml", "apis/**/openapi.yaml", "v?/openapi.yaml", "v[12].yaml", "{orders,stock}/openapi.yaml"] {
            assert!(is_pattern(path), "{path}");
        }
        for path in ["openapi.yaml", "a]b[.yaml", "{orders}/openapi.yaml", "a,b.yaml"] {
            assert!(!is_pattern(path), "{path}");
        }
    }

    #[test]
    fn branches_follow_gits_rules() {
        for name in ["main", "feature/x", "release-1.2", "@x"] {
            assert_eq!(branch(name), None, "{name}");
        }
        for name in ["a b", "-x", "a..b", "a~1", "x.lock", ".x", "a/.b", "a/", "/a", "@", "@{0}", "a//b"] {
            assert!(branch(name).is_some(), "{name}");
        }
    }
}
