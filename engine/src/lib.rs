//! The engine: compares the configuration, the state and the live systems, makes a plan, and applies it.
//!
//! It knows no vendor. The name of a resource type, its attributes, and how it is read and written come in through
//! [`mod@schema`] and [`resource`]. The modules that implement those traits (`konnect`, `github`) depend on this crate,
//! never the other way round.
//!
//! | module | contents |
//! | --- | --- |
//! | [`address`] | the name of a resource, and globs over names |
//! | [`mod@schema`] | a resource type, as the engine knows it |
//! | [`typed`] | attribute names that the compiler checks |
//! | [`desired`] | the configuration: attributes, references, lookups |
//! | [`resource`] | the two traits of a resource type: one reads, the other writes |
//! | `remote` | an object of a remote system |
//! | [`graph`] | references as a graph: its order, its cycles (R1) |
//! | `names` | attribute names of the configuration, checked against the schemas |
//! | [`refresh`] | reading the live systems in bulk (R2) |
//! | `interest`, `scan`, `remembered` | the addresses that a refresh is about, and what a reader is asked to list |
//! | [`world`] | the objects that were read, and the address of each (R5) |
//! | [`diff`] | configuration, state and live systems compared (R3 to R5, R9, R12) |
//! | `refusal`, `collisions`, `contested` | why a scope cannot be planned |
//! | [`adopt`] | objects that are not managed yet, imported as they are (R5) |
//! | [`accept`] | drift, accepted into the state (R3) |
//! | `compare` | one resource compared, and the record that the state keeps of it (R6) |
//! | [`drift`] | state and live systems compared, whatever the configuration says (R3) |
//! | `duplicates` | second objects of koctl's own |
//! | `target` | plans limited to some addresses |
//! | [`secret`] | write-only attributes: sent, and never stored (R11) |
//! | [`value`], `digest` | values of attributes: how they are compared and stored |
//! | [`plan`] | the plan as a document (R7) |
//! | [`recover`] | the results of an unfinished apply (R10) |
//! | [`execute`] | applying a plan (R8, R10, R13) |
//! | [`recording`] | applying a plan that writes nothing but the state |
//! | [`progress`] | progress, for whoever shows it |
//! | [`state`] | the state document, its encryption, its lock and its store |

pub mod accept;
pub mod address;
pub mod adopt;
mod collisions;
mod compare;
mod contested;
pub mod desired;
pub mod diff;
mod digest;
pub mod drift;
mod duplicates;
pub mod error;
pub mod execute;
pub mod graph;
mod handover;
mod interest;
mod names;
pub mod plan;
pub mod progress;
pub mod recording;
pub mod recover;
pub mod refresh;
mod refusal;
mod remembered;
mod remote;
pub mod resource;
mod scan;
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
pub use plan::{Action, AttributeChange, Goal, Mode, Plan, Planned, ResourceChange, ScopePlan, StateOnly};
pub use refusal::Refusal;
pub use remote::{Attributes, Remote};
pub use resource::{Reader, Readers, Writer, Writers};
pub use schema::{Attribute, Kind, Schema};
pub use secret::Secrets;
