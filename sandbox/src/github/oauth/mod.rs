//! Signing in with GitHub: OAuth's web flow for OAuth Apps and GitHub Apps, as docs.github.com describes it.
//!
//! | file | operations |
//! | --- | --- |
//! | `authorize` | the page on which a person is chosen, and the way back to the app |
//! | `access_token` | the exchange of a code or a refresh token for an access token |
//! | `applications` | an app asks about its tokens, and revokes them |
//! | `single_sign_on` | a token is authorized for an organization with single sign-on |
//!
//! Below these are `codes`, `form`, `page` and `redirect`. There are no passwords and no sessions of a browser: whoever
//! opens the page is whom they choose to be.

mod access_token;
pub(super) mod applications;
mod authorize;
mod codes;
mod form;
mod redirect;
mod single_sign_on;

pub(super) use access_token::exchange;
pub(super) use authorize::{ask, decide};
pub(super) use codes::Codes;
pub(super) use single_sign_on::{ask as ask_to_authorize, authorize as authorize_token};
