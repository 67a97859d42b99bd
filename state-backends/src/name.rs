//! Names of files and objects for keys: reversible, readable for plain keys, and apart on every file system.
//!
//! Some file systems hold `Kong` and `kong`, or two Unicode spellings of `ö`, for the same name. So a name is made
//! of ASCII alone, and says after a `~` which of its letters are capitals:
//!
//! | key | name |
//! | --- | --- |
//! | `kong-airlines` | `kong-airlines` |
//! | `KongAirlines` | `KongAirlines~11` |
//! | `köln ag` | `k%f6ln%20ag` |
//! | `東京` | `%u6771%u4eac` |
//!
//! After the `~`, each hexadecimal digit stands for four letters in order; the first of the four counts 1, the
//! second 2, then 4 and 8. Other characters are written as JavaScript's `escape` does: `%` and two hexadecimal
//! digits, or `%u` and four, for each UTF-16 code unit.

/// The maximum of file systems (255 bytes), less the suffixes of names here.
const LONGEST: usize = 240;

/// The file name for `key`, without a suffix, or the reason why it cannot have one.
pub(crate) fn of_key(key: &str) -> Result<String, &'static str> {
    if key.is_empty() {
        return Err("an empty text is not a key");
    }
    let mut name: String = key.encode_utf16().enumerate().map(|(place, unit)| escape(unit, place == 0)).collect();
    let capitals = capitals(key.chars().filter(char::is_ascii_alphabetic));
    if !capitals.is_empty() {
        name = format!("{name}~{capitals}");
    }
    if name.len() > LONGEST {
        return Err("it is too long for the name of a file");
    }
    Ok(name)
}

/// The key that has this file name, or the error in a name that does not belong to any key: `place` is its location,
/// and `suffix` follows it there. A document with another name would be overlooked, and its objects created twice.
pub(crate) fn to_key_or_damage(name: &str, suffix: &str, place: &str) -> Result<String, String> {
    to_key(name).ok_or_else(|| match of_key(name) {
        Ok(proper) => {
            format!("`{place}` is not named as documents are here: for the key `{name}` the name is `{proper}{suffix}`")
        }
        Err(_) => format!("the name of `{place}` does not belong to any key"),
    })
}

/// The key that has this file name. `None` if it does not belong to any key.
pub(crate) fn to_key(name: &str) -> Option<String> {
    let (body, _) = name.split_once('~').unwrap_or((name, ""));
    let key = String::from_utf16(&unescape(body)?).ok()?;
    // There is one name a key. So the letters after the `~`, and whatever else could be wrong, need no other check.
    (of_key(&key).as_deref() == Ok(name)).then_some(key)
}

fn escape(unit: u16, first: bool) -> String {
    match u8::try_from(unit) {
        Ok(byte) if is_plain(byte) && !(first && byte == b'.') => char::from(byte).to_string(),
        Ok(byte) => format!("%{byte:02x}"),
        Err(_) => format!("%u{unit:04x}"),
    }
}

/// Not a dot in front, which would hide the file or name a directory; [`escape`] sees to that.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_@.".contains(&byte)
}

fn unescape(body: &str) -> Option<Vec<u16>> {
    let mut units = Vec::new();
    let mut rest = body;
    while let Some(first) = rest.chars().next() {
        let (unit, length) = match first {
            '%' if rest.starts_with("%u") => (u16::from_str_radix(rest.get(2..6)?, 16).ok()?, 6),
            '%' => (u16::from_str_radix(rest.get(1..3)?, 16).ok()?, 3),
            _ => (u16::try_from(u32::from(first)).ok()?, first.len_utf8()),
        };
        units.push(unit);
        rest = rest.get(length..)?;
    }
    Some(units)
}

/// A code for the letters that are capitals; empty if there are none.
fn capitals(letters: impl Iterator<Item = char>) -> String {
    let bits: Vec<u32> = letters.map(|letter| u32::from(letter.is_ascii_uppercase())).collect();
    let digit = |four: &[u32]| four.iter().rev().fold(0, |digit, bit| digit * 2 + bit);
    let digits: String = bits.chunks(4).map(|four| format!("{:x}", digit(four))).collect();
    digits.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_keys_are_their_own_names() {
        for key in ["kong", "kong-airlines_2.example", "@platform"] {
            assert_eq!(of_key(key).unwrap(), key);
        }
    }

    #[test]
    fn capitals_spaces_and_other_alphabets_stay_recognisable() {
        assert_eq!(of_key("KongAirlines").unwrap(), "KongAirlines~11");
        assert_eq!(of_key("kong AG").unwrap(), "kong%20AG~03");
        assert_eq!(of_key("Köln").unwrap(), "K%f6ln~1");
        assert_eq!(of_key("東京").unwrap(), "%u6771%u4eac");
    }

    #[test]
    fn no_name_leaves_the_directory_or_hides_in_it() {
        for key in [".", "..", "../up", "/etc/passwd", ".hidden", "a/b", "a\0b"] {
            let name = of_key(key).unwrap();
            assert!(!name.starts_with('.') && !name.contains(['/', '\0', '\\']), "{name}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_a_name_is_refused() {
        assert!(of_key("").is_err());
        assert!(of_key(&"a".repeat(241)).is_err());
        assert!(of_key(&"東".repeat(40)).is_ok());
    }

    #[test]
    fn a_name_of_a_persons_choosing_is_no_keys() {
        for name in ["Kong", "kong~1", "Kong~2", "Kong~01", "k%6fng", "%zz", "%", "%u12", "ö", "%F6", "%ud800", ""] {
            assert_eq!(to_key(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_key_comes_back_from_its_name(key in "\\PC{1,30}") {
            prop_assert_eq!(to_key(&of_key(&key).unwrap()), Some(key));
        }

        #[test]
        fn names_differ_even_where_case_does_not_count(a in "[aAbBöÖ~%.]{1,6}", b in "[aAbBöÖ~%.]{1,6}") {
            let (name_a, name_b) = (of_key(&a).unwrap(), of_key(&b).unwrap());
            prop_assert!(name_a.is_ascii());
            prop_assert_eq!(a == b, name_a.eq_ignore_ascii_case(&name_b));
        }

        #[test]
        fn no_name_is_too_strange_to_be_judged(name in "\\PC*") {
            if let Some(key) = to_key(&name) {
                prop_assert_eq!(of_key(&key).unwrap(), name);
            }
        }
    }
}
