//! What is searched in a view of a text.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::units::Unit;

/// Shorter texts are words, which masking would take out of every message.
const SHORTEST_SECRET: usize = 6;
/// The length from which a form is searched without regard to case and punctuation. A shorter one may be a part of words.
const UNMISTAKABLE: usize = 16;
/// The length of a form from which a piece of it is masked, too: it may be cut off, or in pieces.
const LONG: usize = 24;
/// The length of such a piece.
const PIECE: usize = 16;

/// The searched texts.
#[derive(Clone, Default)]
pub(super) struct Search {
    /// Secrets as they are.
    exact: Texts,
    /// Letters and digits of unmistakable forms, in lower case.
    loose: Texts,
}

impl Search {
    /// Adds a secret, unless it is as short as a word.
    pub(super) fn add(&mut self, secret: &[u8]) {
        if secret.len() < SHORTEST_SECRET {
            return;
        }
        let plain: Vec<u8> = secret.iter().copied().filter(|byte| !is_separator(*byte)).collect();
        self.exact.add(&plain);
        let folded = folded(secret);
        if folded.len() < UNMISTAKABLE {
            return;
        }
        let backwards: Vec<u8> = folded.iter().rev().copied().collect();
        let rotated = [rot13(&folded), rot13(&backwards)];
        // Base64 in which the case of letters was changed cannot be decoded.
        let base64 = (0..3).map(|before| self::folded(&inside_base64(secret, before)));
        for form in [folded, backwards].into_iter().chain(rotated).chain(base64) {
            self.loose.add(&form);
        }
    }

    /// True if there is nothing to search.
    pub(super) fn is_empty(&self) -> bool {
        self.exact.by_length.is_empty() && self.loose.by_length.is_empty()
    }

    /// Adds the places of the secrets in the original of this view.
    pub(super) fn find(&self, view: &[Unit], found: &mut Vec<Range<usize>>) {
        if !self.exact.by_length.is_empty() {
            let plain: Vec<Unit> = view.iter().copied().filter(|unit| !is_separator(unit.byte)).collect();
            self.exact.find(&plain, found);
        }
        if !self.loose.by_length.is_empty() {
            let letters = view.iter().filter(|unit| unit.byte.is_ascii_alphanumeric());
            let folded: Vec<_> = letters.map(|unit| Unit { byte: unit.byte.to_ascii_lowercase(), ..*unit }).collect();
            self.loose.find(&folded, found);
        }
    }
}

/// Texts by their lengths.
#[derive(Clone, Default)]
struct Texts {
    by_length: Vec<(usize, HashSet<Vec<u8>>)>,
}

impl Texts {
    /// Adds a text, or the pieces of a long one.
    fn add(&mut self, text: &[u8]) {
        let length = if text.len() >= LONG { PIECE } else { text.len() };
        if length < SHORTEST_SECRET {
            return;
        }
        let pieces = text.windows(length).map(<[u8]>::to_vec);
        match self.by_length.iter_mut().find(|(known, _)| *known == length) {
            Some((_, texts)) => texts.extend(pieces),
            None => self.by_length.push((length, pieces.collect())),
        }
    }

    fn find(&self, units: &[Unit], found: &mut Vec<Range<usize>>) {
        let plain: Vec<u8> = units.iter().map(|unit| unit.byte).collect();
        for (length, texts) in &self.by_length {
            let mut begins = [[false; 256]; 256];
            texts.iter().for_each(|text| begins[usize::from(text[0])][usize::from(text[1])] = true);
            let matches = plain.windows(*length).enumerate().filter(|(_, window)| {
                begins[usize::from(window[0])][usize::from(window[1])] && texts.contains(*window)
            });
            found.extend(matches.map(|(start, _)| {
                let of_match = &units[start..start + length];
                let first = of_match.iter().map(|unit| unit.start).min().unwrap_or_default();
                first..of_match.iter().map(|unit| unit.end).max().unwrap_or(first)
            }));
        }
    }
}

/// The letters and digits of a text, in lower case.
fn folded(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
}

/// Each letter as the one thirteen places on.
fn rot13(folded: &[u8]) -> Vec<u8> {
    let rotated = |byte: &u8| if byte.is_ascii_lowercase() { b'a' + (byte - b'a' + 13) % 26 } else { *byte };
    folded.iter().map(rotated).collect()
}

/// The digits of Base64 that depend on `secret` alone, if `before` bytes (modulo 3) are in front of it.
fn inside_base64(secret: &[u8], before: usize) -> Vec<u8> {
    let bytes = [&vec![0; before], secret].concat();
    let digits = STANDARD_NO_PAD.encode(&bytes).into_bytes();
    let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    digits[first..end].to_vec()
}

/// True for bytes that stand between the pieces of a broken text: line breaks, quotation marks, the padding of Base64.
fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control() || b"\"'`\\=|<>,;".contains(&byte)
}
