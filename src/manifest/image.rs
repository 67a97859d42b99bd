//! Images as data URLs, which is how Konnect takes the logo and the favicon of a portal (schema `PortalImageDataUri` of
//! `portal-management-v3`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The endings of files, and the media type of each.
const FILES: [(&str, &str); 6] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("ico", "image/x-icon"),
    ("svg", "image/svg+xml"),
];

/// Further media types that Konnect takes for icons.
const ICONS: [&str; 3] = ["image/ico", "image/icon", "image/vnd.microsoft.icon"];

/// The media type of a file with this ending. `None` if Konnect takes no such image.
pub(super) fn media_type(ending: &str) -> Option<&'static str> {
    let ending = ending.to_ascii_lowercase();
    FILES.iter().find(|(known, _)| *known == ending).map(|(_, media_type)| *media_type)
}

/// The image as a data URL.
pub(super) fn data_url(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

/// True for the data URL of an image that Konnect takes.
pub(super) fn is_data_url(text: &str) -> bool {
    parts(text).is_some_and(|(media_type, _)| {
        ICONS.contains(&media_type) || FILES.iter().any(|(_, known)| *known == media_type)
    })
}

/// The media type and the bytes of a data URL. `None` if the text is not one.
fn parts(text: &str) -> Option<(&str, Vec<u8>)> {
    let (head, data) = text.strip_prefix("data:")?.split_once(',')?;
    Some((head.strip_suffix(";base64").unwrap_or(head), STANDARD.decode(data).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_a_data_url_that_konnect_takes() {
        let url = data_url(media_type("PNG").unwrap(), b"\x89PNG");
        assert_eq!(url, "data:image/png;base64,iVBORw==");
        assert!(is_data_url(&url));
        assert!(is_data_url("data:image/vnd.microsoft.icon;base64,AAAA"));
        for other in ["", "logo.png", "data:image/webp;base64,AAAA", "data:image/png;base64,AAA", "data:image/png"] {
            assert!(!is_data_url(other), "{other}");
        }
        assert_eq!(media_type("webp"), None);
    }
}
