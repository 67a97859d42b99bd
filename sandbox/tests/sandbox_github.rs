//! The sandbox's GitHub as a client meets it: over HTTP, and with the git program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "sandbox_github/access.rs"]
mod access;
#[path = "sandbox_github/contents.rs"]
mod contents;
#[path = "sandbox_github/git_data.rs"]
mod git_data;
#[path = "sandbox_github/git_http.rs"]
mod git_http;
#[path = "sandbox_github/history.rs"]
mod history;
#[path = "sandbox_github/issues.rs"]
mod issues;
#[path = "sandbox_github/persistence.rs"]
mod persistence;
#[path = "sandbox_github/pulls.rs"]
mod pulls;
#[path = "sandbox_github/repositories.rs"]
mod repositories;
#[path = "sandbox_github/secrets.rs"]
mod secrets;
#[path = "sandbox_github/seeding.rs"]
mod seeding;
#[path = "sandbox_github/world.rs"]
mod world;
