//! Applying a plan (R8, R10).
//!
//! Creates and updates run after the resources that they refer to, deletes before them, as many at the same time as
//! the graph and the caller allow. A failure skips only what depends on it.
//!
//! The intent of each change is in the state before the first request leaves. So no step waits until its outcome is
//! stored: outcomes are recorded behind the requests, and an outcome and the end of its intent are one change of the
//! state. The next run finds the outcomes that were not recorded.
//!
//! | module | contents |
//! | --- | --- |
//! | `execution` | everything that applying the plan of one scope needs |
//! | `run` | which step runs when |
//! | `step` | one step: its request, and the record that it leaves |
//! | `effect` | whether a request had the effect that it asked for |
//! | `existing` | what exists already of types whose names may repeat |
//! | `schedule` | the steps of a plan, and which wait for which |
//! | `intent` | what a plan is about to do, as the state keeps it |
//! | `recorder`, `event`, `outcome` | how a run is stored, watched and reported |

mod effect;
mod event;
mod execution;
mod existing;
mod intent;
mod outcome;
mod recorder;
mod run;
mod schedule;
mod step;

pub use event::{Event, Observer, Step};
pub use execution::Execution;
pub use outcome::Outcome;
pub use recorder::{Entry, Recorder};
