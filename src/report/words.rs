//! Counts with their nouns, and the names of steps.

use engine::execute::Step;

/// A number with its noun: `1 team`, `2 teams`, `2 repositories`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") || noun.ends_with("sh") => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// The word while it happens: `creating`.
pub(super) fn doing(step: Step) -> &'static str {
    match step {
        Step::Create => "creating",
        Step::Update => "updating",
        Step::Import => "importing",
        Step::Delete => "destroying",
        Step::Forget => "forgetting",
        Step::Record => "recording",
    }
}

/// The word when it is done: `created`.
pub(super) fn done(step: Step) -> &'static str {
    match step {
        Step::Create => "created",
        Step::Update => "updated",
        Step::Import => "imported",
        Step::Delete => "destroyed",
        Step::Forget => "forgotten",
        Step::Record => "recorded",
    }
}

/// The word for programs, as for an [`Action`](engine::Action): `create`.
pub(super) fn name(step: Step) -> &'static str {
    match step {
        Step::Create => "create",
        Step::Update => "update",
        Step::Import => "import",
        Step::Delete => "delete",
        Step::Forget => "forget",
        Step::Record => "record",
    }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn a_count_takes_the_plural_of_its_noun() {
        let nouns = ["team", "repository", "key", "identity provider", "address", "branch", "index"];
        let counted = nouns.map(|noun| count(2, noun));
        let expected =
            ["2 teams", "2 repositories", "2 keys", "2 identity providers", "2 addresses", "2 branches", "2 indexes"];
        assert_eq!(counted, expected);
        assert_eq!([count(0, "team"), count(1, "repository")], ["0 teams", "1 repository"]);
    }
}
