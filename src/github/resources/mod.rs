//! One resource type a file: its schema, how it is read, and how it is written.

pub mod pull_request;
