//! Questions to a person at a terminal.
//!
//! Nothing is drawn again, so that a terminal without escape sequences shows the same. Ctrl-D on an empty line ends the
//! input.

use std::io;

use console::{Key, Term, measure_text_width};
use secrecy::SecretString;

/// What a terminal sends for Ctrl-D while keys are read one by one.
const END_OF_INPUT: char = '\u{4}';

/// Asks for a line. `None` if the input has ended.
///
/// # Errors
/// If the terminal cannot be read or written, and after Ctrl-C.
pub(super) fn line(question: &str) -> io::Result<Option<String>> {
    let terminal = Term::stderr();
    terminal.write_str(&format!("{question}: "))?;
    let mut text = String::new();
    loop {
        match terminal.read_key() {
            Ok(Key::Enter) => break,
            Ok(Key::Char(END_OF_INPUT)) if text.is_empty() => return ended(&terminal),
            Ok(Key::Char(typed)) if !typed.is_control() => {
                text.push(typed);
                terminal.write_str(typed.encode_utf8(&mut [0; 4]))?;
            }
            Ok(Key::Backspace) => {
                if let Some(last) = text.pop() {
                    let width = measure_text_width(last.encode_utf8(&mut [0; 4]));
                    terminal.write_str(&"\u{8} \u{8}".repeat(width))?;
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return ended(&terminal),
            Err(error) => {
                terminal.write_line("")?;
                return Err(error);
            }
        }
    }
    terminal.write_line("")?;
    Ok(Some(text))
}

fn ended(terminal: &Term) -> io::Result<Option<String>> {
    terminal.write_line("")?;
    Ok(None)
}

/// Asks for a secret, which is not shown. `None` if nothing was typed.
///
/// # Errors
/// If the terminal cannot be read or written.
pub(super) fn secret(question: &str) -> io::Result<Option<SecretString>> {
    let terminal = Term::stderr();
    terminal.write_str(&format!("{question}: "))?;
    let typed = terminal.read_secure_line()?;
    Ok(Some(typed.trim()).filter(|text| !text.is_empty()).map(SecretString::from))
}
