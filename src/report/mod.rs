//! How plans, progress and outcomes are shown.
//!
//! Nothing here decides anything: what is shown comes from the engine as values. Nothing is printed either: screens
//! and documents are returned, and the command writes them. Progress is the exception, as it is shown while the
//! engine works; it is given the writer.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`terminal`] | a plan, and how an apply went, for a person |
//! | [`progress`] | what is happening right now: spinners, plain lines, or a stream of JSON events |
//! | [`drift`] | what changed outside koctl, for programs, pages and monitoring |
//! | [`graph`] | the graph of resources, for programs that draw |
//! | [`terraform`] | a plan or a state as Terraform's JSON, for the tools that read it |
//! | `style` | colours and widths, the same for all of them |
//! | `escape` | values of others, made safe to show |
//! | `order` | the order in which a person reads resources |
//! | `tally` | what became of the resources of an apply, counted |
//! | `words` | what steps are called |

pub mod drift;
pub mod graph;
pub mod progress;
pub mod terminal;
pub mod terraform;

mod escape;
mod order;
mod style;
mod tally;
#[cfg(test)]
mod testing;
mod words;

pub use style::Style;

use engine::Schema;

/// The schemas of the resource types, in the order in which reports show the types. A type without a schema is shown
/// too, with all its attributes as plain values.
#[derive(Debug, Clone, Copy)]
pub struct Schemas<'a>(pub &'a [&'static Schema]);

impl Schemas<'_> {
    /// The schema of a type.
    pub(crate) fn get(self, type_name: &str) -> Option<&'static Schema> {
        self.0.iter().copied().find(|schema| schema.type_name == type_name)
    }

    /// The position of a type. Types without a schema come last.
    fn rank(self, type_name: &str) -> usize {
        self.0.iter().position(|schema| schema.type_name == type_name).unwrap_or(self.0.len())
    }
}

/// `text` on one line, with every character escaped that could move the cursor or forge a line: for texts of others
/// that a command shows by itself.
#[must_use]
pub fn safe(text: &str) -> String {
    escape::escape(text)
}

/// `1 resource`, `2 resources`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
