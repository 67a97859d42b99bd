//! The plan: a document that says what will be done, and nothing else (R7).
//!
//! | module | contents |
//! | --- | --- |
//! | `document` | a whole plan: its file format, its version, its seal |
//! | `scope` | the part of one scope, and the checks that it still fits the state |
//! | `action` | what is done to a resource (R4) |
//! | `change` | what is done to one resource, attribute by attribute |
//! | `attribute` | what is done to one attribute |
//! | `drift` | what changed outside koctl (R3) |
//! | `duplicate` | a second object of koctl's own |
//! | `left_out` | a plan without what only a person may approve (R12) |
//! | `ignored` | what is not compared |
//! | `moved` | what gets another address (R15) |
//! | `recovered` | the result of intents that an unfinished apply left (R10) |
//! | `review` | what of a plan was reviewed before, in another one (R7) |
//! | `summary` | counts by action |
//! | `waiting` | what waits for others |

mod action;
mod attribute;
mod change;
mod document;
mod drift;
mod duplicate;
mod ignored;
mod left_out;
mod moved;
mod recovered;
mod review;
mod scope;
mod summary;
mod waiting;

pub use action::Action;
pub use attribute::{AttributeChange, Goal, Planned};
pub use change::ResourceChange;
pub use document::{InvalidPlan, Mode, Plan, StateOnly, Unplanned, Warned};
pub use drift::{Drift, DriftKind, Drifted};
pub use duplicate::Duplicate;
pub use ignored::Ignored;
pub use moved::{Moved, Origin, new_names};
pub use recovered::{Fate, Recovered};
pub use scope::{ScopePlan, Stale};
pub use summary::Summary;
pub use waiting::{Notice, Waiting};
