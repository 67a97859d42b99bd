//! The rules of the engine, on a vendor in memory. Names of tests begin with the rule of the design that they prove.
//!
//! | module | contents |
//! | --- | --- |
//! | `vendor` | the server: it normalises, refuses, counts, fails and loses answers |
//! | `house` | a world in a few lines: server, state, plan and apply |
//! | `r1_graph` … `r13_fate` | one rule each, beginning with the case in which nothing happens |
//! | `names` | names of attributes that no schema has |
//! | `targets` | plans limited to some addresses |
//! | `properties` | properties of every configuration |

#![allow(clippy::unwrap_used, reason = "where a test cannot go on it fails")]

mod house;
mod ignored;
mod names;
mod properties;
mod r10_intents;
mod r10_recovery;
mod r11_secrets;
mod r12_protect;
mod r13_fate;
mod r1_graph;
mod r2_refresh;
mod r3_drift;
mod r3_look;
mod r3_refresh_only;
mod r4_actions;
mod r5_adoption;
mod r5_import;
mod r6_quiet;
mod r7_plan;
mod r7_review;
mod r8_execute;
mod r9_deferred;
mod targets;
mod vendor;
