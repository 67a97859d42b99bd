//! Slugs of APIs and documents.

use crate::konnect::framework::schema::{Kind as Is, Shape};

/// The slug of an API or of a document.
pub(super) const SLUG: Is = Is::Shaped(1, usize::MAX, Shape { pattern: "^[\\w-]+$", matches: is_slug });

/// True if a text is a valid slug.
pub(super) fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Words in lower case with hyphens between them: `myAPI` and `v1` become `my-api-v1`, as in the document's example.
/// `None` if no letter or digit is allowed in a slug.
pub(super) fn slug(parts: &[&str]) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for part in parts {
        let characters: Vec<char> = part.chars().collect();
        let mut word = String::new();
        for (index, c) in characters.iter().enumerate() {
            let before = index.checked_sub(1).map(|index| characters[index]);
            let after = characters.get(index + 1);
            let starts_word = c.is_uppercase()
                && before.is_some_and(|before| {
                    before.is_lowercase() || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
                });
            if starts_word || !c.is_ascii_alphanumeric() {
                words.push(std::mem::take(&mut word));
            }
            if c.is_ascii_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            }
        }
        words.push(word);
    }
    words.retain(|word| !word.is_empty());
    (!words.is_empty()).then(|| words.join("-"))
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_lower_case_words_with_hyphens() {
        let slug = |parts| slug(parts).unwrap_or_default();
        assert_eq!(slug(&["flights", ""]), "flights");
        assert_eq!(slug(&["myAPI", "v1"]), "my-api-v1");
        assert_eq!(slug(&["myAPIPackage", "v1"]), "my-api-package-v1");
        assert_eq!(slug(&["flights-dev", "1.0.0"]), "flights-dev-1-0-0");
        assert_eq!(slug(&["  Two words ", ""]), "two-words");
        assert_eq!(slug(&["航班", ""]), "");
    }
}
