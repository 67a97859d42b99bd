//! A plan and the outcome of an apply, for a person at a terminal.
//!
//! The functions return whole screens that end with a line break. Whatever comes from the configuration or from a
//! server is escaped, so that no value can pass for a line of koctl or move the cursor.
//!
//! | module | contents |
//! | --- | --- |
//! | `plan` | a whole plan, its guarded deletions, and the files that are left alone |
//! | `counts` | the table at the top of a plan |
//! | `risks` | the risks of a plan |
//! | `specification` | the meaning of a changed specification for its callers |
//! | `resource` | one resource: its headline, and which of its attributes are shown |
//! | `attribute` | attributes as a table, from the old value to the new |
//! | `text` | long texts as unified diffs |
//! | `ignored` | what differs and is ignored |
//! | `moved` | what gets another address |
//! | `recovered` | the section about an unfinished apply |
//! | `drift` | what changed outside koctl: a section of a plan, and a screen of its own |
//! | `closing` | the end of a plan: counts, and the summary |
//! | `outcome` | the outcome of an apply |
//! | `state` | the resources of the state |
//! | `waiting` | what waits for others |
//! | `screen` | lines while they are written |

mod attribute;
mod closing;
mod counts;
mod drift;
mod ignored;
mod image;
mod moved;
mod outcome;
mod plan;
mod protection;
mod recovered;
mod resource;
mod risks;
mod screen;
mod specification;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod waiting;

pub use closing::closing;
pub use drift::drift;
pub use outcome::{outcome, recorded};
pub use plan::{details, edits, guarded, left_alone, plan};
pub use risks::risks;
pub use state::{resource, state};
