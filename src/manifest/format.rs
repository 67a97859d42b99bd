//! The usual form of a file: indentation, spaces and quotes. Comments, order and meaning stay.

use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};

use super::document::{ParseError, parse_value};

/// Why a file is not brought into the usual form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unformatted {
    /// It is not valid YAML.
    #[error("{0}")]
    Invalid(#[from] ParseError),
    /// The formatter does not keep its meaning.
    #[error("it cannot be written in another form without changing its meaning")]
    Unsafe,
}

/// The text in its usual form: two blanks for each level, one blank around values and before comments, double quotes, no
/// more than one empty line, and a line end last. JSON stays as it is.
///
/// # Errors
/// If the text is not valid YAML, or its meaning would not be the same.
pub fn formatted(text: &str) -> Result<String, Unformatted> {
    let meaning = parse_value(text)?;
    if is_json(text) {
        return Ok(text.to_owned());
    }
    // Long texts keep their lines: where they break is a matter of their authors.
    let layout = LayoutOptions { print_width: 120, ..LayoutOptions::default() };
    let language = LanguageOptions { brace_spacing: false, ..LanguageOptions::default() };
    let options = FormatOptions { layout, language };
    let formatted = pretty_yaml::format_text(text, &options).map_err(|_| Unformatted::Unsafe)?;
    if parse_value(&formatted).ok() == Some(meaning) { Ok(formatted) } else { Err(Unformatted::Unsafe) }
}

/// True for a mapping or a list in JSON, also behind the byte order mark that Windows writes.
fn is_json(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<serde_json::Value>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_its_usual_form_stays_as_it_is() {
        let usual = "# Teams.\nteams:\n  # Takes orders.\n  orders: # all of them\n    users: [kim@example.com]\n";
        assert_eq!(formatted(usual).unwrap(), usual);
        for json in ["{\"teams\":   {}}", "\u{feff}{\"teams\":   {}}", "\n [ {\"a\":1}]", "{\r\n\t\"a\":   1\r\n}"] {
            assert_eq!(formatted(json).unwrap(), json);
        }
    }

    #[test]
    fn only_the_form_changes() {
        let text = "# Teams.\n\n\n\nteams:\n    orders:   # all of them\n        users:\n        - 'kim@example.com'\n        -   robin@example.com   \n        version: 1.10\r\n        git: {remote:   x,author: {name: N}}";
        insta::assert_snapshot!(formatted(text).unwrap(), @r#"
        # Teams.

        teams:
          orders: # all of them
            users:
              - "kim@example.com"
              - robin@example.com
            version: 1.10
            git: {remote: x, author: {name: N}}
        "#);
    }

    #[test]
    fn a_form_once_reached_stays() {
        for text in
            ["a:   1\nb:\n    - x\n    -  y\n", "x: &x {a: 1}\ny:\n    <<: *x\n", "d: |\n    text\n\n    more\n"]
        {
            let once = formatted(text).unwrap();
            assert_eq!(formatted(&once).unwrap(), once);
        }
    }

    #[test]
    fn a_broken_text_is_refused_with_its_place() {
        let error = formatted("teams:\n  - [\n").unwrap_err();
        assert!(matches!(error, Unformatted::Invalid(ParseError { line: 2 | 3, .. })), "{error:?}");
    }
}
