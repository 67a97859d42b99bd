//! What the user writes: the YAML model, its loading with places, its validation, its secrets.
//!
//! [`load()`] goes through these stages and ends with a [`Loaded`] manifest or with all [`Diagnostics`] of the run:
//!
//! 1. [`document`]: text becomes a tree in which every key and value knows its place; `builder` makes it of the YAML
//!    parser's events, `scalar` says what plain words mean, and `mask` blots secrets out of what errors may show.
//! 2. `structure`: the tree is held against the `shape` of the manifest, which is read from the JSON Schema of the
//!    types in [`model`]. `places` remembers where everything is written.
//! 3. `rules`: what the types cannot say, such as references between teams and environments.
//!
//! [`git`] and [`secret`] hold the meaning of addresses and secrets for those who use them. The module knows
//! nothing of Konnect's or GitHub's APIs but the limits they put on what is written, and nothing of the engine.

pub mod diagnostic;
pub mod document;
pub mod edit;
pub mod git;
pub mod load;
pub mod model;
pub mod path;
pub mod secret;

mod builder;
mod mask;
mod places;
mod rules;
mod scalar;
mod shape;
mod structure;
pub(crate) mod suggest;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use load::{Loaded, Sources, load};
pub(crate) use rules::{is_email, is_web_address, unfit_label, unfit_name, unfit_organization};
