//! The program as a user runs it: the binary, a directory, a sandbox, whole screens.

mod bad_input;
mod changes;
mod first_apply;
mod kongair;
mod requests;
mod retries;
mod saved_plans;
mod world;
