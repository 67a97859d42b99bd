//! Positions in a text.

use crate::manifest::diagnostic::Span;

/// Converts the parser's character offsets to byte offsets. In ASCII, which most files are, they are the same.
pub(super) struct Offsets {
    length: usize,
    characters: Option<Vec<usize>>,
}

impl Offsets {
    pub(super) fn of(text: &str) -> Self {
        let characters = (!text.is_ascii()).then(|| text.char_indices().map(|(offset, _)| offset).collect());
        Self { length: text.len(), characters }
    }

    /// The offsets of a text that was rewritten before it was parsed: for each of its characters the byte of the
    /// `original`.
    pub(super) fn rewritten(original: &str, characters: Vec<usize>) -> Self {
        Self { length: original.len(), characters: Some(characters) }
    }

    pub(super) fn byte(&self, character: usize) -> usize {
        let offset = match &self.characters {
            None => character,
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.length),
        };
        offset.min(self.length)
    }

    pub(super) fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span { start, end: self.byte(span.end.index()).max(start) }
    }
}
