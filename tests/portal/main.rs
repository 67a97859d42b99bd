//! The API service of `koctl run api`, against the sandbox's GitHub: what its UI asks for, and what must be impossible.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod attacks;
mod change;
mod contract;
mod give;
mod journey;
mod offboard;
mod pages;
mod requests;
mod sign_in;
mod teams;
mod world;
