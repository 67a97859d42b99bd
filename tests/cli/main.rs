//! The program as a user runs it: the binary, a directory, a sandbox, whole screens.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on panics, and says what it skips")]

mod bad_input;
mod better_than_before;
mod changes;
mod clearing;
mod drift;
mod drift_kinds;
mod drift_telling;
mod encryption;
mod environment;
mod every_key;
mod first_apply;
mod generate;
mod go_tool;
mod guides;
mod held_services;
mod hostile_servers;
mod identity;
mod import;
mod kills;
mod kongair;
mod made_twice;
mod other_commands;
mod outside;
mod owners;
mod platform;
mod platform_prompt;
mod portal_pages;
mod prompt;
mod properties;
mod pulls;
mod refresh_only;
mod refusals;
mod renames;
mod reports;
mod requests;
mod retries;
mod rounds;
mod sandbox;
mod saved_plans;
mod secrets;
mod state_commands;
mod stores;
mod ways_on;
mod world;
