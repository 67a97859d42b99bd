//! Errors as one line.

use std::error::Error;

/// `error` and its causes, outermost first, joined by colons. A cause that its parent repeats is left out.
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    #[test]
    fn causes_are_joined_and_repetitions_left_out() {
        let inner = Layer("no route to host", None);
        let middle = Layer("connect: no route to host", Some(Box::new(inner)));
        let outer = Layer("could not read the list", Some(Box::new(middle)));
        assert_eq!(causes(&outer), "could not read the list: connect: no route to host");
    }
}
