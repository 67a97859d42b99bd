//! The addresses that people come back to.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use crate::github::identity::apps::App;

/// The address that a person is sent to: the one that was asked for if it fits one that is registered, the first
/// registered one if none was asked for, and `None` if it does not fit.
///
/// An OAuth App may ask for any path below its callback URL; a GitHub App must name one of them exactly. The port of a
/// loopback address is ignored.
pub(super) fn resolve(app: &App, redirect_uri: Option<&str>) -> Option<String> {
    let Some(wanted) = redirect_uri else {
        return app.callback_urls.first().cloned();
    };
    let url = Url::parse(wanted).ok().filter(|url| url.fragment().is_none())?;
    let registered = app.callback_urls.iter().filter_map(|callback| Url::parse(callback).ok());
    let is_exact = app.github_app.is_some();
    let mut fitting = registered.filter(|callback| fits(callback, &url, is_exact));
    fitting.next().map(|_| wanted.to_owned())
}

fn fits(callback: &Url, wanted: &Url, is_exact: bool) -> bool {
    let same_place = callback.scheme() == wanted.scheme()
        && callback.host() == wanted.host()
        && wanted.username().is_empty()
        && wanted.password().is_none();
    let same_port = is_loopback(callback) || callback.port_or_known_default() == wanted.port_or_known_default();
    let same_path = if is_exact {
        callback.path() == wanted.path() && callback.query() == wanted.query()
    } else {
        is_below(callback.path(), wanted.path())
    };
    same_place && same_port && same_path
}

/// True if a path is another one, or below it.
fn is_below(folder: &str, path: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// 302 to an address, with parameters added to its query.
pub(super) fn redirect(address: &str, parameters: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(address) else {
        // Registered addresses were checked, and others compared with them.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    url.query_pairs_mut().extend_pairs(parameters);
    (StatusCode::FOUND, [(LOCATION, url.as_str()), (CACHE_CONTROL, "no-store")]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::identity::apps::GitHubApp;

    fn app(callback: &str, is_github_app: bool) -> App {
        let github_app = GitHubApp {
            id: 1,
            slug: "app".to_owned(),
            owner: "Org".to_owned(),
            permissions: [].into(),
            events: Vec::new(),
            webhook_url: None,
            webhook_secret: None,
            expiring_user_tokens: true,
            installations: Vec::new(),
        };
        App {
            client_id: "id".to_owned(),
            client_secret: "secret".to_owned(),
            name: "App".to_owned(),
            url: String::new(),
            callback_urls: vec![callback.to_owned()],
            suspended: false,
            github_app: is_github_app.then_some(github_app),
        }
    }

    #[test]
    fn without_an_address_the_registered_one_counts() {
        assert_eq!(resolve(&app("http://example.com/path", false), None).unwrap(), "http://example.com/path");
    }

    /// The examples of GitHub's documentation, and attacks.
    #[test]
    fn an_oauth_app_may_ask_for_what_is_below_its_callback() {
        let registered = app("http://example.com/path", false);
        for (wanted, expected) in [
            ("http://example.com/path", true),
            ("http://example.com/path/subdir/other", true),
            ("http://example.com/bar", false),
            ("http://example.com/", false),
            ("http://example.com:8080/path", false),
            ("http://oauth.example.com:8080/path", false),
            ("http://example.org", false),
            ("http://example.com/pathology", false),
            ("http://example.com/path/../bar", false),
            ("http://example.com@evil.example/path", false),
            ("http://evil@example.com/path", false),
            ("https://example.com/path", false),
            ("http://example.com/path#fragment", false),
            ("javascript:alert(1)", false),
            ("/path", false),
        ] {
            assert_eq!(resolve(&registered, Some(wanted)).is_some(), expected, "{wanted}");
        }
    }

    #[test]
    fn a_loopback_address_may_have_any_port() {
        let registered = app("http://127.0.0.1/path", false);
        assert!(resolve(&registered, Some("http://127.0.0.1:1234/path")).is_some());
        assert!(resolve(&registered, Some("http://127.0.0.1:1234/other")).is_none());
        assert!(resolve(&registered, Some("http://localhost:1234/path")).is_none());
    }

    #[test]
    fn a_github_app_names_one_of_its_callbacks_exactly() {
        let registered = app("http://localhost/auth", true);
        assert!(resolve(&registered, Some("http://localhost:8080/auth")).is_some());
        assert!(resolve(&registered, Some("http://localhost:8080/auth/more")).is_none());
        assert!(resolve(&registered, Some("http://localhost:8080/auth?more=1")).is_none());
    }
}
