//! "Did you mean": suggestions for a wrong name.

/// The candidate that is nearest to `written`. `None` if none is near.
///
/// Near means: equal except for case and separators (`specPath`, `spec-path`), one a prefix of the other (`production`,
/// `PROD`), or a typing error (in at most a third of the letters).
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let normalized = normalized(written);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(distance) = distance(&normalized, &self::normalized(candidate)) else {
            continue;
        };
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// True if a text is one of the candidates, except for a typing error. Unlike the texts that [`nearest`] finds something
/// for, such a text certainly is nothing else, so it can be shown where a secret may be.
pub(super) fn is_slip<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> bool {
    let is_near = |candidate: &str| {
        // A name that is much longer is not compared letter by letter, which takes long.
        written.len() <= 2 * candidate.len() + SEPARATORS
            && strsim::damerau_levenshtein(&normalized(written), &normalized(candidate)) <= candidate.len().min(4) / 2
    };
    candidates.into_iter().any(is_near)
}

/// The separators that a name may have more than another.
const SEPARATORS: usize = 8;

fn distance(written: &str, candidate: &str) -> Option<usize> {
    let tolerated = written.chars().count().max(candidate.chars().count()).div_ceil(3);
    let longer = written.chars().count().abs_diff(candidate.chars().count());
    // No less is needed to make them equal, and a long text is not compared letter by letter, which takes long.
    if longer < tolerated {
        let edits = strsim::damerau_levenshtein(written, candidate);
        if edits < tolerated || edits == 0 {
            return Some(edits);
        }
    }
    let shorter = written.len().min(candidate.len());
    let begins = written.starts_with(candidate) || candidate.starts_with(written);
    (shorter >= 2 && begins).then_some(longer)
}

fn normalized(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ' | '.')).flat_map(char::to_lowercase).collect()
}

/// The candidates as a list for a sentence: `` `a`, `b` or `c` ``.
pub(super) fn one_of<'a>(candidates: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = candidates.into_iter().map(|c| format!("`{c}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_name_is_found_behind_a_slip() {
        let keys = ["spec-path", "services", "description"];
        assert_eq!(nearest("specPath", keys), Some("spec-path"));
        assert_eq!(nearest("servces", keys), Some("services"));
        assert_eq!(nearest("production", ["DEV", "PROD"]), Some("PROD"));
        assert_eq!(nearest("us-east-1", ["eu", "us"]), Some("us"));
        assert_eq!(nearest("flight-dta", ["flight-data", "flight-date"]), Some("flight-data"));
    }

    #[test]
    fn nothing_is_suggested_if_nothing_is_near() {
        assert_eq!(nearest("colour", ["spec-path", "services"]), None);
        assert_eq!(nearest("eu", ["us", "au"]), None);
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn a_slip_is_nothing_but_the_word() {
        for written in ["value", "Value", "valeu", "val", "tpye"] {
            assert!(is_slip(written, ["type", "value"]), "{written}");
        }
        for written in ["hush", "value:hush", "s3cr3t", "valuehush"] {
            assert!(!is_slip(written, ["type", "value"]), "{written}");
        }
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(one_of([]), "");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
