//! Images in plans: an image is a data URL, of which the kind, the size and the digest are shown.

use serde_json::Value;

use super::text::Side;
use crate::report::words::count;
use engine::Kind;
use engine::value::stored_form;

/// True if these sides of an attribute are images, of which one may be known by its digest alone.
pub(super) fn are_images<'v>(sides: impl Iterator<Item = &'v Value>) -> bool {
    let sides: Vec<&Value> = sides.collect();
    sides.iter().any(|side| of(side).is_some()) && sides.iter().all(|side| summary(side).is_some())
}

/// An image or its digest in words. `None` for other values.
pub(super) fn summary(value: &Value) -> Option<String> {
    let digest = |value: &Value| match Side::of(Some(value)) {
        digest @ Side::Digest(_) => digest.describe(),
        _ => None,
    };
    let Some((media_type, size)) = of(value) else { return digest(value) };
    Some(format!("{media_type}, {}, {}", count(size, "byte"), digest(&stored_form(Kind::Text, value))?))
}

/// The media type of an image and its size in bytes.
fn of(value: &Value) -> Option<(&str, usize)> {
    let (head, data) = value.as_str()?.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64").unwrap_or(head);
    let is_word = |c: char| c.is_ascii_alphanumeric() || "/+.-".contains(c);
    let is_base64 = data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    let padding = data.len() - data.trim_end_matches('=').len();
    let is_image = media_type.starts_with("image/") && media_type.chars().all(is_word) && is_base64;
    is_image.then(|| (media_type, (data.len() / 4 * 3).saturating_sub(padding)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_is_shown_as_its_kind_its_size_and_its_digest() {
        let image = json!("data:image/png;base64,iVBORw==");
        let shown = summary(&image).unwrap();
        assert!(shown.starts_with("image/png, 4 bytes, sha256 "), "{shown}");
        let digest = stored_form(Kind::Text, &image);
        assert!(shown.ends_with(&summary(&digest).unwrap()), "{shown}");
        assert!(are_images([&image, &digest].into_iter()));
        for other in [json!("data:text/plain,hello"), json!("logo"), json!({ "name": "a" }), json!(null)] {
            assert_eq!(summary(&other), None, "{other}");
        }
        assert!(!are_images([&digest].into_iter()));
    }
}
