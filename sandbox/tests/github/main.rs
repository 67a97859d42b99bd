//! The sandbox's GitHub from a client's side: over HTTP, and with the git program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod access;
mod apps;
mod contents;
mod git_data;
mod git_http;
mod history;
mod issues;
mod people;
mod persistence;
mod pull_pages;
mod pulls;
mod repositories;
mod secrets;
mod seeding;
mod sign_in;
mod webhooks;
mod world;
