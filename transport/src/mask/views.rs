//! The ways in which a text can be read: without escapes, and with the digits of an encoding decoded.

use super::units::{self, Unit};

/// How often an escaped text may be escaped again.
const MOST_ESCAPES: usize = 3;
/// How often an encoding may be encoded again.
const MOST_CODES: usize = 3;
/// The shortest decoded text that is looked at.
const SHORTEST: usize = 6;

/// An encoding of bytes as digits, in groups.
struct Code {
    /// The value of a digit.
    value: fn(u8) -> Option<u8>,
    /// True for bytes that may stand between digits.
    between: fn(u8) -> bool,
    radix: u64,
    /// The digits and the bytes of a group.
    group: (usize, usize),
}

const CODES: [Code; 7] = [
    Code { value: hexadecimal, between: is_punctuation, radix: 16, group: (2, 1) },
    Code { value: base32, between: is_punctuation, radix: 32, group: (8, 5) },
    Code { value: base32_hex, between: is_punctuation, radix: 32, group: (8, 5) },
    Code { value: base64, between: breaks_base64, radix: 64, group: (4, 3) },
    Code { value: ascii85, between: is_space, radix: 85, group: (5, 4) },
    Code { value: z85, between: breaks_z85, radix: 85, group: (5, 4) },
    Code { value: base85, between: breaks_base85, radix: 85, group: (5, 4) },
];

/// Calls `look` with every view of a text.
pub(super) fn each(bytes: &[u8], look: &mut dyn FnMut(&[Unit])) {
    let mut text = units::of(bytes);
    for _ in 0..=MOST_ESCAPES {
        of_codes(&text, MOST_CODES, look);
        match units::unescaped(&text) {
            Some(shorter) => text = shorter,
            None => break,
        }
    }
}

/// A view, and those of what is encoded in it.
fn of_codes(view: &[Unit], layers: usize, look: &mut dyn FnMut(&[Unit])) {
    look(view);
    if layers == 0 {
        return;
    }
    numbers(view).iter().for_each(|decoded| of_codes(decoded, layers - 1, look));
    for code in &CODES {
        for run in runs(view, code) {
            for skipped in 0..code.group.0 {
                of_codes(&decoded(&run[skipped..], code), layers - 1, look);
            }
        }
    }
}

/// The longest runs of digits that can be a text.
fn runs(view: &[Unit], code: &Code) -> Vec<Vec<Unit>> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    let mut end = |run: &mut Vec<Unit>| {
        let run = std::mem::take(run);
        if run.len() * code.group.1 >= SHORTEST * code.group.0 {
            runs.push(run);
        }
    };
    for unit in view {
        if (code.value)(unit.byte).is_some() {
            run.push(*unit);
        } else if !(code.between)(unit.byte) {
            end(&mut run);
        }
    }
    end(&mut run);
    runs
}

/// The bytes that the digits stand for, each at the place of the digits that it depends on.
fn decoded(digits: &[Unit], code: &Code) -> Vec<Unit> {
    let (digits_of_group, bytes_of_group) = code.group;
    let mut bytes = Vec::with_capacity(digits.len() * bytes_of_group / digits_of_group + bytes_of_group);
    for group in digits.chunks(digits_of_group) {
        let value_of = |place: usize| match group.get(place) {
            Some(unit) => u64::from((code.value)(unit.byte).unwrap_or_default()),
            // A last group that is not whole is as if the highest digit followed.
            None => code.radix - 1,
        };
        let value = (0..digits_of_group).fold(0, |value, place| value * code.radix + value_of(place));
        for position in 0..group.len() * bytes_of_group / digits_of_group {
            let (first, last) = place_of(position, code);
            let last = &group[last.min(group.len() - 1)];
            let byte = value.to_be_bytes()[8 - bytes_of_group + position];
            bytes.push(Unit { byte, start: group[first].start, end: last.end });
        }
    }
    bytes
}

/// The first and the last digit of a group that its byte `position` depends on.
fn place_of(position: usize, code: &Code) -> (usize, usize) {
    let bits = code.radix.ilog2() as usize;
    match code.radix.is_power_of_two() {
        true => (position * 8 / bits, (position * 8 + 7) / bits),
        false => (0, code.group.0 - 1),
    }
}

/// Lists of decimal numbers, as some programs print bytes: `[107, 112, 97]`.
fn numbers(view: &[Unit]) -> Vec<Vec<Unit>> {
    let mut lists = vec![Vec::new()];
    let mut at = 0;
    while at < view.len() {
        let length = view[at..].iter().take_while(|unit| unit.byte.is_ascii_digit()).count();
        let list = lists.last_mut().expect("the first list is there from the beginning");
        match units::number(view, at..at + length, 10).filter(|_| length <= 3) {
            Some(byte) => list.push(Unit { byte, start: view[at].start, end: view[at + length - 1].end }),
            None if length == 0 && is_punctuation(view[at].byte) => {}
            None if list.is_empty() => {}
            None => lists.push(Vec::new()),
        }
        at += length.max(1);
    }
    lists.retain(|list| list.len() >= SHORTEST);
    lists
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn base32(digit: u8) -> Option<u8> {
    match digit.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(letter - b'A'),
        digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

fn base32_hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(32).and_then(|value| u8::try_from(value).ok())
}

fn base64(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn ascii85(digit: u8) -> Option<u8> {
    (b'!'..=b'u').contains(&digit).then(|| digit - b'!')
}

fn z85(digit: u8) -> Option<u8> {
    static VALUES: [u8; 256] =
        values(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#");
    known(VALUES[usize::from(digit)])
}

/// The digits of RFC 1924, which git and Python use.
fn base85(digit: u8) -> Option<u8> {
    static VALUES: [u8; 256] =
        values(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~");
    known(VALUES[usize::from(digit)])
}

/// The value of what is not a digit.
const NO_DIGIT: u8 = u8::MAX;

fn known(value: u8) -> Option<u8> {
    (value != NO_DIGIT).then_some(value)
}

/// The value of each byte as one of these digits.
const fn values(digits: &[u8; 85]) -> [u8; 256] {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 85 {
        values[digits[value as usize] as usize] = value;
        value += 1;
    }
    values
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control()
}

fn is_punctuation(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric()
}

fn breaks_base64(byte: u8) -> bool {
    is_space(byte) || b"\"'`\\=|<>,;".contains(&byte)
}

fn breaks_z85(byte: u8) -> bool {
    is_space(byte) || b"\"'\\,;".contains(&byte)
}

fn breaks_base85(byte: u8) -> bool {
    is_space(byte) || b"\"'\\,".contains(&byte)
}
