//! Reports of drift for programs, pages and monitoring. A person at a terminal reads the
//! [screen](fn@super::terminal::drift) instead.
//!
//! | module | contents |
//! | --- | --- |
//! | `json` | the document that `koctl drift --json` prints and `--notify` sends |
//! | `markdown` | a page: the summary of a workflow's run, or an issue |
//! | `prometheus` | metrics in the text format that node_exporter's textfile collector reads |
//! | `words` | the words that all of them share |

mod json;
mod markdown;
mod prometheus;
#[cfg(test)]
pub(super) mod testing;
mod words;

pub use json::document;
pub use markdown::markdown;
pub use prometheus::{is_prometheus, prometheus};
pub use words::summary;
pub(super) use words::{by, gone, label};
