//! One HTTP stack for every client: timeouts, retries, and concurrency that adapts to what a host allows (R13).
//!
//! [`Transport`] sends one request until there is an answer worth having. It knows no API: the meaning of an answer is
//! its caller's business. These rules hold for every request, and a test named `r13_…` holds each of them:
//!
//! - A request has a time limit, which includes the body of its answer ([`Settings`]).
//! - 429, GitHub's 403 for too many requests, 502, 503, 504 and broken connections are retried, with jittered exponential
//!   backoff, and not before `Retry-After`. A server that asks for more than two minutes gets its answer shown instead.
//! - A request that may have been carried out is not sent again unless that does no harm ([`Repeat`]). 502, 503 and 504
//!   leave that open, since an intermediary may have sent them.
//! - Only GETs follow redirects, and only within the same server; none if their caller wants to see it ([`NoRedirects`]).
//! - A caller knows refusals that ask to come again in words only ([`ComeAgain`]).
//! - The number of requests at the same time halves when a host says that it is too much, and rises again slowly.
//! - A server on this machine is never asked by way of a proxy.
//! - An answer has a largest size, which is read and no more ([`Settings::largest_answer`]).
//! - A list in pages comes to an end ([`Pages`]).
//! - Secrets of a request that its server repeats in an error are masked ([`Mask`]).
//! - The log shows no header, no body and no query.

mod answer;
mod causes;
mod client;
pub mod encode;
mod error;
mod excerpt;
mod limit;
mod local;
mod marks;
mod mask;
mod pages;
pub mod regular;
mod retry;
mod settings;
pub mod suspect;
pub mod tls;
mod variable;
pub mod visible;

pub use causes::causes;
pub use client::Transport;
pub use error::TransportError;
pub use excerpt::excerpt;
pub use local::is_local;
pub use marks::{ComeAgain, Confidential, NoRedirects, Repeat, Sensitive};
pub use mask::Mask;
pub use pages::{EndlessList, Pages};
pub use retry::used_up_until;
pub use settings::{Settings, SettingsError};
pub use variable::variable;
