//! The portal: pages that are rendered here, and that work with a keyboard and without scripts.
//!
//! `layout` is what all pages have, the other files are a page or two each. Whatever is not known to be safe goes through
//! the templates, which escape it.

mod change;
mod choices;
mod forms;
mod give;
mod home;
mod layout;
mod offboard;
mod onboard;
mod preview;
mod requests;
mod sending;
mod services;
mod style;
mod teams;
mod visitor;

use axum::Router;
use axum::routing::{get, post};

use super::app::App;

/// The routes of the portal.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home::show))
        .route("/auth/success", get(home::arrive))
        .route("/sign-out", post(home::sign_out))
        .route("/services", get(services::show))
        .route("/teams", get(teams::show))
        .route("/team", get(teams::one))
        .route("/requests", get(requests::show))
        .route("/requests/{number}", get(requests::follow))
        .route("/requests/{number}/withdraw", post(requests::withdraw))
        .route("/requests/{number}/apply", post(requests::apply))
        .route("/onboard", get(onboard::choose))
        .route("/onboard/{owner}/{repo}", get(onboard::ask).post(onboard::send))
        .route("/change", get(change::show).post(change::send))
        .route("/move", get(give::show).post(give::send))
        .route("/offboard", get(offboard::show).post(offboard::send))
        .route(style::PATH, get(style::show))
}
