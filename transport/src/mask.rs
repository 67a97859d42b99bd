//! Secrets that a server repeats.
//!
//! An error of a server may have the token of its request in it: as it is, in another case, backwards, percent-encoded,
//! as digits of any base, with the escapes of JSON or HTML, or broken into pieces. A [`Mask`] finds it in each of these
//! forms, and also in an encoding of an encoding.
//!
//! The text is read in several ways ([`views`]), each a sequence of [`Unit`]s: bytes, each with its place in the
//! original. Secrets are searched in each of them, and their places in the original are replaced.

mod search;
mod units;
mod views;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use search::Search;
use units::Unit;

/// The replacement of a secret.
const MASKED: &str = "***";

/// The forms of secrets, by which they are found in a text. Shows none of them.
#[derive(Clone, Default)]
pub struct Mask {
    search: Search,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask")
    }
}

impl Mask {
    /// A mask for these secrets. Those of less than six bytes are passed over: masking them would take words out of
    /// every message.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut search = Search::default();
        secrets.into_iter().for_each(|secret| search.add(secret));
        Self { search }
    }

    /// `text` without the secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// `bytes` without the secrets.
    #[must_use]
    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let places = self.places(bytes);
        if places.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut masked = Vec::with_capacity(bytes.len());
        let mut end = 0;
        for place in places {
            masked.extend_from_slice(&bytes[end..place.start]);
            masked.extend_from_slice(MASKED.as_bytes());
            end = place.end;
        }
        masked.extend_from_slice(&bytes[end..]);
        Cow::Owned(masked)
    }

    /// The places of the secrets, in order and apart.
    fn places(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        if self.search.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        views::each(bytes, &mut |view: &[Unit]| self.search.find(view, &mut found));
        found.sort_by_key(|place| place.start);
        let mut places: Vec<Range<usize>> = Vec::new();
        for place in found {
            match places.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                _ => places.push(place),
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    use super::*;

    const TOKEN: &str = "kpat_9XyZ2mQ4rT6vB8nL0pS3uW5aC7eG1iK-/+";

    fn masked(text: &str) -> String {
        Mask::new([TOKEN.as_bytes()]).text(text)
    }

    #[test]
    fn r11_a_text_without_a_secret_stays_as_it_is() {
        for text in ["", "Bad Request", "100 % of \\users & &#x; %zz \\u00", "kpat_ is how a token begins", "ö€😀"]
        {
            assert_eq!(masked(text), text);
        }
        assert_eq!(Mask::new([b"team".as_slice()]).text("the team"), "the team");
    }

    #[test]
    fn r11_a_repeated_secret_is_masked_in_every_encoding() {
        let escaped = |prefix: &str, digits: fn(u8) -> String, suffix: &str| {
            TOKEN.bytes().map(|byte| format!("{prefix}{}{suffix}", digits(byte))).collect::<String>()
        };
        let percent = escaped("%", |byte| format!("{byte:02x}"), "");
        for form in [
            TOKEN.to_owned(),
            crate::encode::segment(TOKEN),
            percent.clone(),
            percent.replace('%', "%25"),
            escaped("\\u", |byte| format!("{byte:04x}"), ""),
            escaped("\\x", |byte| format!("{byte:02X}"), ""),
            escaped("&#", |byte| byte.to_string(), ";"),
            escaped("&#x", |byte| format!("{byte:x}"), ";"),
            TOKEN.replace('/', "\\/"),
            hex::encode(TOKEN),
            hex::encode_upper(TOKEN),
        ] {
            assert_eq!(masked(&format!("the token {form}: no")), "the token ***: no", "{form}");
        }
    }

    #[test]
    fn r11_a_secret_in_base64_is_masked_whatever_is_before_it() {
        for before in ["", "x-access-token:", "ab:", "Bearer "] {
            let pair = format!("{before}{TOKEN}");
            for form in [STANDARD_NO_PAD.encode(&pair), URL_SAFE_NO_PAD.encode(&pair)] {
                let shown = masked(&format!("Basic {form} was refused"));
                let left = shown.trim_start_matches("Basic ").trim_end_matches(" was refused");
                // At most the digits of what is before it, and two with bits of it.
                assert!(left.contains("***") && left.len() <= before.len() * 4 / 3 + 7, "{shown}");
            }
        }
    }

    #[test]
    fn r11_a_secret_that_is_broken_into_lines_or_cut_off_is_masked() {
        let (first, last) = TOKEN.split_at(20);
        for break_ in ["\n", "\r\n    ", "\\n", "\", \"", "%0A", "=\n", "\n> ", "\u{0}"] {
            assert_eq!(masked(&format!("a {first}{break_}{last} b")), "a *** b", "{break_:?}");
        }
        assert_eq!(masked(&format!("{first}…")), "***…");
        assert_eq!(masked(&format!("…{last}")), "…***");
        let lines: Vec<_> = TOKEN.chars().map(String::from).collect();
        assert_eq!(masked(&lines.join("\n")), "***");
    }

    #[test]
    fn r11_a_short_secret_is_masked_whole_and_only_whole() {
        let mask = Mask::new([b"sesame".as_slice()]);
        assert_eq!(mask.text("open sesame, ses-ame"), "open ***, ses-ame");
        assert_eq!(mask.text("c2VzYW1l"), "***");
        assert_eq!(format!("{mask:?}"), "Mask");
    }

    /// A text in digits of a base, each `bytes` of it as `digits` of them.
    fn encoded(text: &[u8], alphabet: &str, (digits, bytes): (u32, usize)) -> String {
        let radix = alphabet.len() as u64;
        let groups = text.chunks(bytes).map(|group| {
            let value = (0..bytes).fold(0, |value, at| value << 8 | u64::from(group.get(at).copied().unwrap_or(0)));
            let digit = |place| alphabet.as_bytes()[usize::try_from(value / radix.pow(place) % radix).unwrap()];
            let all: Vec<u8> = (0..digits).rev().map(digit).collect();
            let needed = (group.len() * digits as usize).div_ceil(bytes);
            String::from_utf8(all[..needed].to_vec()).unwrap()
        });
        groups.collect()
    }

    const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const BASE85: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

    fn rot13(text: &str) -> String {
        let rotated = |c: char| match c {
            'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
            'A'..='Z' => char::from((c as u8 - b'A' + 13) % 26 + b'A'),
            _ => c,
        };
        text.chars().map(rotated).collect()
    }

    /// The encodings that a server can think of.
    fn rare_forms() -> Vec<String> {
        let bytes = TOKEN.as_bytes();
        let pairs = |between: &str| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between);
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        let ascii85: String = (b'!'..=b'u').map(char::from).collect();
        let base64 = STANDARD_NO_PAD.encode(TOKEN);
        let lines: Vec<&str> = base64.as_bytes().chunks(8).map(|line| std::str::from_utf8(line).unwrap()).collect();
        vec![
            pairs(":"),
            pairs(" ").to_uppercase(),
            pairs(", 0x"),
            pairs("-"),
            format!("[{}]", numbers.join(", ")),
            bytes.iter().map(|byte| format!("\\{byte:03o}")).collect(),
            TOKEN.to_uppercase(),
            TOKEN.to_lowercase(),
            TOKEN.chars().rev().collect(),
            rot13(TOKEN),
            rot13(&TOKEN.to_uppercase().chars().rev().collect::<String>()),
            base64.to_uppercase(),
            lines.join("\r\n"),
            lines.join("\\n"),
            STANDARD_NO_PAD.encode(&base64),
            STANDARD_NO_PAD.encode(STANDARD_NO_PAD.encode(format!("Bearer {base64}"))),
            hex::encode(&base64),
            STANDARD_NO_PAD.encode(hex::encode(TOKEN)),
            encoded(bytes, BASE32, (8, 5)),
            encoded(bytes, BASE32, (8, 5)).to_lowercase(),
            encoded(bytes, BASE85, (5, 4)),
            encoded(bytes, &ascii85, (5, 4)),
            serde_free_json(&encoded(bytes, &ascii85, (5, 4))),
            STANDARD_NO_PAD.encode(encoded(format!("a {TOKEN}").as_bytes(), BASE32, (8, 5))),
        ]
    }

    /// A text as a string of JSON has it.
    fn serde_free_json(text: &str) -> String {
        text.replace('\\', "\\\\").replace('"', "\\\"")
    }

    /// The longest part of the token that is left in a text, which is decoded in no way.
    fn longest_left(shown: &str, form: &str) -> usize {
        let is_left = |length: &usize| {
            form.as_bytes()
                .windows(*length)
                .any(|part| std::str::from_utf8(part).is_ok_and(|part| shown.contains(part)))
        };
        (1..=form.len()).take_while(is_left).last().unwrap_or(0)
    }

    #[test]
    fn r11_a_secret_is_masked_in_rare_encodings_and_in_encodings_of_encodings() {
        for form in rare_forms() {
            let shown = masked(&format!("{{\"detail\": \"the key {form} is unknown\"}}"));
            assert!(shown.starts_with("{\"detail\": \"the key ") && shown.ends_with(" unknown\"}"), "{shown}");
            assert!(shown.contains("***") && longest_left(&shown, &form) < 24, "{form}: {shown}");
        }
    }

    #[test]
    fn r11_identifiers_names_and_addresses_stay_readable() {
        let text = "{\"instance\": \"kong:trace:1187368446382743043\", \"id\": \"7f3f9c1a-2b4d-4e6f-8a90-b1c2d3e4f506\", \
                    \"url\": \"https://us.api.konghq.com/v2/control-planes?page[size]=100\", \"sha\": \
                    \"2de61f6cff2db159c24e92e5c268b863a49e333aaf9ef009d153d580f0798mend\", \"digest\": \
                    \"sha256-9XyZ2mQ4rT6vB8nL0pS3uW5aC7eG1iK=\", \"name\": \"flight-data-production-control-plane\"}";
        let other = Mask::new([b"kpat_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P".as_slice()]);
        assert_eq!(other.text(text), text);
    }
}
