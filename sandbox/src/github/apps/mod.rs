//! GitHub Apps that act for themselves: they sign in with a JSON Web Token, and get tokens for their installations.
//!
//! All apps of a sandbox have one key. It is part of the program, and so no secret: it opens nothing but a sandbox.

mod installations;
mod jwt;
mod key;
mod operations;
mod view;

pub(super) use installations::{create_token, repositories, revoke_token};
pub(super) use jwt::caller;
pub(super) use key::pem;
pub(super) use operations::{
    get, installation, installations, of_organization, of_repository, of_user, repositories_of_user,
};
