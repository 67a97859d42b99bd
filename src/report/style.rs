//! Colours and widths.

/// The style of an output. Nothing here inspects the environment of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// True if terminal codes may be written.
    pub color: bool,
    /// The number of columns. Longer lines of values are wrapped and indented, so that every line begins with text of
    /// koctl.
    pub width: usize,
}

impl Style {
    /// The style for a file or a pipe: no colour, and lines as wide as most screens.
    pub const PLAIN: Self = Self { color: false, width: 120 };

    /// `text` in the style of `tone`.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        let style = console::Style::new();
        let style = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Good => style.green(),
            Tone::Change => style.yellow(),
            Tone::Bad => style.red(),
            Tone::Danger => style.red().bold(),
            Tone::Import => style.cyan(),
            Tone::Note => style.dim(),
            Tone::Strong => style.bold(),
        };
        style.force_styling(self.color).apply_to(text).to_string()
    }
}

/// The meaning of a text, which gives its look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// No meaning.
    Plain,
    /// Something is added, or succeeded.
    Good,
    /// Something is changed.
    Change,
    /// Something is removed, or failed.
    Bad,
    /// Other people's work is lost.
    Danger,
    /// Something is imported.
    Import,
    /// A remark.
    Note,
    /// A heading or a name.
    Strong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_color_there_are_no_terminal_codes() {
        for tone in [Tone::Plain, Tone::Good, Tone::Danger, Tone::Note] {
            assert_eq!(Style::PLAIN.paint(tone, "text"), "text");
        }
    }

    #[test]
    fn with_color_there_are_whatever_the_process_writes_to() {
        let style = Style { color: true, width: 80 };
        assert_eq!(style.paint(Tone::Good, "text"), "\u{1b}[32mtext\u{1b}[0m");
        assert_eq!(style.paint(Tone::Plain, "text"), "text");
    }
}
