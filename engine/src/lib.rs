//! The engine: from what is wanted, what is remembered and what is there to a plan, and from a plan to done.
//!
//! It knows no vendor. What a resource type is called, which attributes it has and how it is read and written
//! arrives through [`schema`] and [`resource`]; the modules that implement those traits (`konnect`, `github`)
//! depend on this one, never the other way round.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`address`] | the name of a resource, and globs over names |
//! | [`schema`] | what the engine must know of a resource type |
//! | [`typed`] | attribute names that the compiler checks |
//! | [`desired`] | what the configuration asks for: attributes, references, lookups |
//! | [`resource`] | the two traits of a resource type: one reads, the other writes |
//! | [`graph`] | references as a graph; its order, its cycles (R1) |
//! | [`refresh`] | reading the live systems in bulk (R2) |
//! | [`world`] | what was read, and which address each object belongs to (R5) |
//! | [`diff`] | desired, state and remote compared (R3 to R5, R9, R12) |
//! | [`accept`] | drift, accepted into the state (R3) |
//! | [`adopt`] | what exists and no state knows, to be taken over as it is (R5) |
//! | `change` | one resource compared, and what the state keeps of it (R6) |
//! | [`drift`] | state and remote compared, whatever the configuration says (R3) |
//! | [`secret`] | write-only attributes: what is sent and never kept (R11) |
//! | [`value`] | values of attributes: how they are compared and kept |
//! | `collide`, `target` | resources that would be one object; plans limited to some addresses |
//! | [`plan`] | the plan as a document (R7) |
//! | `intent` | what a plan is about to do, as the state keeps it (R10) |
//! | [`recover`] | what became of an apply that did not end (R10) |
//! | `schedule` | the steps of a plan, and which wait for which (R8) |
//! | [`execute`] | carrying a plan out (R8, R10, R13) |
//! | [`recording`] | carrying out a plan that writes nothing but the state |
//! | [`progress`] | what happens meanwhile, for whoever shows it |

pub mod accept;
pub mod address;
pub mod adopt;
mod change;
mod collide;
pub mod desired;
pub mod diff;
pub mod drift;
pub mod error;
pub mod execute;
pub mod graph;
mod intent;
pub mod plan;
pub mod progress;
pub mod recording;
pub mod recover;
pub mod refresh;
pub mod resource;
mod schedule;
pub mod schema;
pub mod secret;
pub mod state;
mod target;
pub mod typed;
pub mod value;
pub mod world;

pub use address::Address;
pub use desired::{Desired, Expr, Lookup, Reference};
pub use error::{Error, ErrorKind};
pub use plan::{Action, Mode, Plan, Planned, ResourceChange, ScopePlan, StateOnly};
pub use resource::{Attributes, Reader, Readers, Remote, Writer, Writers};
pub use schema::{Attribute, Kind, Schema};
pub use secret::Secrets;
