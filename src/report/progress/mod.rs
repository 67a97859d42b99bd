//! Progress, while koctl reads and writes.
//!
//! On a terminal, one line for each resource in flight, with the elapsed time; finished lines are printed above.
//! Without a terminal, a plain line for each start and end. For programs, a stream of [JSON events](events).
//!
//! | module | contents |
//! | --- | --- |
//! | `observer` | receives what happens, and hands it to a view |
//! | `view` | what a view shows |
//! | `spinners`, `lines`, [`events`] | the three views |
//! | `output` | a writer whose failure does not stop the work |

pub mod events;
mod lines;
mod observer;
mod output;
mod spinners;
#[cfg(test)]
mod tests;
mod view;

pub use observer::Progress;
