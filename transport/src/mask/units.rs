//! Bytes of a text with their places, and the escapes that stand for one byte.

use std::ops::Range;

/// A byte of a text, and its place in the original.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) byte: u8,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The bytes of a text as it stands.
pub(super) fn of(bytes: &[u8]) -> Vec<Unit> {
    bytes.iter().enumerate().map(|(place, byte)| Unit { byte: *byte, start: place, end: place + 1 }).collect()
}

/// One layer of escapes less. `None` if there are none.
pub(super) fn unescaped(units: &[Unit]) -> Option<Vec<Unit>> {
    let mut out = Vec::with_capacity(units.len());
    let mut rest = units;
    while let [first, ..] = rest {
        let (byte, length) = escape(rest).unwrap_or((first.byte, 1));
        out.push(Unit { byte, start: first.start, end: rest[length - 1].end });
        rest = &rest[length..];
    }
    (out.len() < units.len()).then_some(out)
}

/// The escape at the beginning of `units`: its byte, and its length. `None` if there is none, or it is not of ASCII, as
/// every token is.
fn escape(units: &[Unit]) -> Option<(u8, usize)> {
    let byte = |place: usize| units.get(place).map(|unit| unit.byte);
    match (byte(0)?, byte(1)?) {
        (b'%', _) => Some((number(units, 1..3, 16)?, 3)),
        (b'\\', b'u') => Some((number(units, 2..6, 16)?, 6)),
        (b'\\', b'x') | (b'0', b'x' | b'X') => Some((number(units, 2..4, 16)?, 4)),
        (b'\\', b'0'..=b'7') => Some((number(units, 1..4, 8)?, 4)),
        (b'\\', b'n' | b'r' | b't' | b'b' | b'f') => Some((b'\n', 2)),
        (b'\\', quoted @ (b'"' | b'\'' | b'\\' | b'/')) => Some((quoted, 2)),
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
pub(super) fn number(units: &[Unit], place: Range<usize>, radix: u32) -> Option<u8> {
    let digits: Vec<u8> = units.get(place)?.iter().map(|unit| unit.byte).collect();
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(&digits).ok()?.trim_start_matches('0'), radix).ok()
}
