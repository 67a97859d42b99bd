//! The configuration that a user writes: the YAML model, loading, validation, secrets, edits.
//!
//! [`load()`] goes through these stages and ends with a [`Loaded`] manifest or with all [`Diagnostics`] of the run:
//!
//! 1. [`document`] reads a text into a tree of `yaml`, in which every key and value has a location, and `mask` removes
//!    secrets from the text that errors show.
//! 2. `structure` compares the tree with the `shape` of the manifest, which comes from the JSON Schema of the types in
//!    [`model`]. `locations` remembers where everything is written.
//! 3. `content` adds the pages in files beside the configuration.
//! 4. `rules` checks what types cannot express, such as references between teams and environments.
//!
//! [`git`] and [`secret`] interpret addresses and secrets for other rooms. This room knows nothing of the engine, and
//! of the APIs of Konnect and GitHub only the limits that they set on names.

pub mod changes;
pub mod diagnostic;
pub mod document;
pub mod edit;
pub mod format;
pub mod git;
pub mod load;
pub mod markdown;
pub mod model;
pub mod path;
pub mod secret;

mod content;
mod credentials;
pub(crate) mod files;
mod image;
mod json;
mod locations;
mod mask;
pub(crate) mod quote;
mod render;
mod rules;
mod shape;
mod structure;
pub(crate) mod suggest;
mod yaml;

pub use content::{Stray, files as content_files};
pub use diagnostic::{Diagnostic, Diagnostics, SHOWN};
pub use json::document as check_document;
pub use load::{Loaded, Sources, load};
pub use render::render;
pub(crate) use rules::{
    fit_labels, fitting_name, is_email, is_slug, is_web_address, same_file, unfit_label, unfit_name,
    unfit_organization, unfit_page, unfit_shown_name, unfit_snippet, unfit_team,
};
