//! Plans, progress and outcomes, as text or JSON.
//!
//! Nothing here makes a decision: the engine gives the values. Nothing prints either: the functions return screens and
//! documents, and the command writes them. Progress is the exception: it is shown while the engine works, and gets the
//! writer.
//!
//! | module | contents |
//! | --- | --- |
//! | [`terminal`] | a plan and the outcome of an apply, for a person |
//! | [`progress`] | progress: spinners, plain lines, or a stream of JSON events |
//! | [`drift`] | what changed outside koctl, for programs, pages and monitoring |
//! | [`graph`] | the graph of resources, in the languages of Graphviz and Mermaid |
//! | [`spec_diff`] | the changes between two specifications |
//! | [`terraform`] | a plan or a state as Terraform's JSON, for the tools that read it |
//! | `style` | colours and widths, the same for all of them |
//! | `markup` | Markdown of texts of others |
//! | `escape` | texts of others, made safe to show |
//! | `order` | the order of resources and attributes for a reader |
//! | [`markdown`] | a plan as Markdown, for comments on GitHub |
//! | `plan_view` | how much of a plan is shown |
//! | `counts` | the counts of a plan by environment |
//! | `risks` | the risks of a plan, grouped |
//! | `tally` | the outcomes of an apply, counted |
//! | [`words`] | counts with their nouns, and the names of steps |
//! | `schemas` | the schemas of the resource types |
//! | `unified` | the edit of a file as a unified diff |

pub mod drift;
pub mod graph;
pub mod markdown;
pub mod progress;
pub mod spec_diff;
pub mod terminal;
pub mod terraform;

mod counts;
mod escape;
mod markup;
mod order;
mod plan_view;
mod risks;
mod schemas;
mod style;
mod tally;
#[cfg(test)]
mod testing;
mod unified;
pub mod words;

pub use escape::{escape as safe, wrap_words};
pub use markup::cell as code_span;
pub use plan_view::{Detail, PlanView};
pub use schemas::Schemas;
pub use style::Style;
pub use unified::unified;
pub use words::count;
