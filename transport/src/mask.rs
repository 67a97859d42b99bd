//! Secrets that a server repeats.
//!
//! An error of a server may have the token of its request in it: as it is, percent-encoded, in Base64 or hexadecimal
//! digits, with the escapes of JSON or HTML, or broken into lines. A [`Mask`] finds it in each of these forms.
//!
//! The text is read as a sequence of [`Unit`]s: bytes without escapes and separators, each with its place in the
//! original. The forms of the secret are searched there, and their places in the original are replaced.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The replacement of a secret.
const MASKED: &str = "***";
/// Shorter texts are words, which masking would take out of every message.
const SHORTEST_SECRET: usize = 6;
/// The length of a form from which a piece of it is masked, too: it may be cut off, or in pieces.
const LONG: usize = 24;
/// The length of such a piece.
const PIECE: usize = 16;
/// How often an encoding may be encoded again.
const MOST_LAYERS: usize = 3;

/// The forms of secrets, by which they are found in a text. Shows none of them.
#[derive(Clone, Default)]
pub struct Mask {
    /// Texts that are masked wherever they stand, by their lengths.
    wanted: Vec<(usize, HashSet<Vec<u8>>)>,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask")
    }
}

/// A byte of a text without its escapes, and its place in the text as it stands.
#[derive(Debug, Clone, Copy)]
struct Unit {
    byte: u8,
    start: usize,
    end: usize,
}

impl Mask {
    /// A mask for these secrets. Those of less than six bytes are passed over.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut mask = Self::default();
        secrets.into_iter().filter(|secret| secret.len() >= SHORTEST_SECRET).for_each(|secret| mask.add(secret));
        mask
    }

    fn add(&mut self, secret: &[u8]) {
        for form in forms(secret) {
            let form: Vec<u8> = units(&form).into_iter().map(|unit| unit.byte).collect();
            let length = if form.len() >= LONG { PIECE } else { form.len() };
            if length < SHORTEST_SECRET {
                continue;
            }
            let pieces = form.windows(length).map(<[u8]>::to_vec);
            match self.wanted.iter_mut().find(|(known, _)| *known == length) {
                Some((_, wanted)) => wanted.extend(pieces),
                None => self.wanted.push((length, pieces.collect())),
            }
        }
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
        let units = units(bytes);
        let plain: Vec<u8> = units.iter().map(|unit| unit.byte).collect();
        let mut found: Vec<_> =
            self.wanted.iter().flat_map(|(length, wanted)| matches(&plain, *length, wanted)).collect();
        found.sort_by_key(|place| place.start);
        let mut places: Vec<Range<usize>> = Vec::new();
        for found in found {
            let place = units[found.start].start..units[found.end - 1].end;
            match places.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                _ => places.push(place),
            }
        }
        places
    }
}

fn matches(plain: &[u8], length: usize, wanted: &HashSet<Vec<u8>>) -> impl Iterator<Item = Range<usize>> {
    let windows = plain.windows(length).enumerate();
    windows.filter(|(_, window)| wanted.contains(*window)).map(move |(start, _)| start..start + length)
}

/// The forms in which a secret is searched.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let digits = hex::encode(secret);
    let mut forms = vec![secret.to_vec(), digits.to_uppercase().into_bytes(), digits.into_bytes()];
    for before in 0..3 {
        forms.push(inside_base64(secret, before, |bytes| STANDARD_NO_PAD.encode(bytes)));
        forms.push(inside_base64(secret, before, |bytes| URL_SAFE_NO_PAD.encode(bytes)));
    }
    forms
}

/// The digits of Base64 that depend on `secret` alone, if `before` bytes (modulo 3) are in front of it.
fn inside_base64(secret: &[u8], before: usize, encode: fn(&[u8]) -> String) -> Vec<u8> {
    let bytes = [&vec![0; before], secret].concat();
    let digits = encode(&bytes).into_bytes();
    let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    digits[first..end].to_vec()
}

/// The bytes of a text without separators and escapes, also such of escapes.
fn units(bytes: &[u8]) -> Vec<Unit> {
    let mut units: Vec<_> =
        bytes.iter().enumerate().map(|(place, byte)| Unit { byte: *byte, start: place, end: place + 1 }).collect();
    for _ in 0..MOST_LAYERS {
        let length = units.len();
        units = unescaped(&units);
        if units.len() == length {
            break;
        }
    }
    units.retain(|unit| !is_separator(unit.byte));
    units
}

/// True for bytes that stand between the pieces of a broken text: line breaks, quotation marks, the padding of Base64.
fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control() || b"\"'`\\=|<>,;".contains(&byte)
}

/// One layer of escapes less.
fn unescaped(units: &[Unit]) -> Vec<Unit> {
    let mut out = Vec::with_capacity(units.len());
    let mut rest = units;
    while let [first, ..] = rest {
        let (byte, length) = escape(rest).unwrap_or((first.byte, 1));
        out.push(Unit { byte, start: first.start, end: rest[length - 1].end });
        rest = &rest[length..];
    }
    out
}

/// The escape at the beginning of `units`: its byte, and its length. `None` if there is none, or it is not of ASCII, as
/// every token is.
fn escape(units: &[Unit]) -> Option<(u8, usize)> {
    let byte = |place: usize| units.get(place).map(|unit| unit.byte);
    match (byte(0)?, byte(1)?) {
        (b'%', _) => Some((number(units, 1..3, 16)?, 3)),
        (b'\\', b'u') => Some((number(units, 2..6, 16)?, 6)),
        (b'\\', b'x') => Some((number(units, 2..4, 16)?, 4)),
        (b'\\', b'n' | b'r' | b't' | b'b' | b'f') => Some((b'\n', 2)),
        (b'&', b'#') => {
            let end = (2..10).find(|place| byte(*place) == Some(b';'))?;
            let is_hex = matches!(byte(2)?, b'x' | b'X');
            let value = if is_hex { number(units, 3..end, 16)? } else { number(units, 2..end, 10)? };
            Some((value, end + 1))
        }
        _ => None,
    }
}

/// The byte that the digits in `place` are the number of.
fn number(units: &[Unit], place: Range<usize>, radix: u32) -> Option<u8> {
    let digits: Vec<u8> = units.get(place)?.iter().map(|unit| unit.byte).collect();
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(&digits).ok()?.trim_start_matches('0'), radix).ok()
}

#[cfg(test)]
mod tests {
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
}
