//! What holds for every request: where it may come from, how much of it there may be, and the headers of its answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, LOCATION,
    ORIGIN, REFERRER_POLICY, SET_COOKIE, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::app::App;
use super::error::{ApiError, SessionOver};
use super::session::{FORGERY, SESSION, Session};
use super::sign_in;
use super::signed::{ClientAddress, Signed};

/// The longest time that a request may take.
const LONGEST: Duration = Duration::from_secs(60);

/// Everything that is the same for all requests, from the outside in.
pub(super) async fn guard(
    State(app): State<App>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let origin = origin(&app, request.headers());
    let is_preflight = *request.method() == Method::OPTIONS;
    let mut response = match (&origin, is_preflight) {
        (Origin::Foreign, _) => StatusCode::FORBIDDEN.into_response(),
        (Origin::Frontend(_), true) => preflight(),
        _ => {
            request.extensions_mut().insert(ClientAddress(address.ip()));
            answer(&app, address.ip(), request, next).await
        }
    };
    let headers = response.headers_mut();
    if let Origin::Frontend(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    secure(&app, headers);
    response
}

async fn answer(app: &App, address: IpAddr, mut request: Request, next: Next) -> Response {
    if let Err(seconds) = app.limiter.admit(address) {
        return ApiError::too_many("Too many requests", seconds).into_response();
    }
    if is_forged(&request) {
        return ApiError::forbidden("The request comes from another site").into_response();
    }
    let Ok(_permit) = app.at_once.try_acquire() else {
        return ApiError::too_many("The service is busy", 1).into_response();
    };
    if let Some(target) = without_slash(&request) {
        return target;
    }
    let before = Session::of(request.headers(), &app.cookies.keys);
    let (signed, renewed) = sign_in::renewed(app, before).await;
    request.extensions_mut().insert(Signed(signed));
    let answered = tokio::time::timeout(LONGEST, next.run(request)).await;
    let mut response = answered
        .unwrap_or_else(|_| ApiError::new(StatusCode::GATEWAY_TIMEOUT, "The request took too long").into_response());
    let headers_are_set = response.headers().contains_key(SET_COOKIE);
    if response.extensions().get::<SessionOver>().is_some() {
        for name in [SESSION, FORGERY] {
            response.headers_mut().append(SET_COOKIE, app.cookies.cleared(name));
        }
    } else if let Some(session) = renewed.filter(|_| !headers_are_set) {
        response.headers_mut().append(SET_COOKIE, session.cookie(&app.cookies));
    }
    response
}

/// The origin of a request.
enum Origin {
    /// None, or that of this service.
    Own,
    /// That of the UI, which is another.
    Frontend(HeaderValue),
    /// Some other page.
    Foreign,
}

fn origin(app: &App, headers: &HeaderMap) -> Origin {
    let Some(origin) = headers.get(ORIGIN) else { return Origin::Own };
    let text = origin.to_str().unwrap_or("null").to_ascii_lowercase();
    if text == app.frontend_origin {
        return Origin::Frontend(origin.clone());
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let is_own = text == app.own_origin || text == format!("http://{host}") || text == format!("https://{host}");
    if is_own && !host.is_empty() { Origin::Own } else { Origin::Foreign }
}

/// True for a change that a page of another site begins. A browser says so in `Sec-Fetch-Site`, also where it sends no
/// origin.
fn is_forged(request: &Request) -> bool {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let site = request.headers().get(HeaderName::from_static("sec-fetch-site"));
    changes && site.is_some_and(|site| site == "cross-site")
}

/// A redirect to the path without a slash at its end.
fn without_slash(request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let shorter = path.strip_suffix('/').filter(|shorter| !shorter.is_empty() && !shorter.ends_with("/contents"))?;
    // Two slashes at the beginning would be another host.
    let shorter = format!("/{}", shorter.trim_start_matches('/'));
    let target = match request.uri().query() {
        Some(query) => format!("{shorter}?{query}"),
        None => shorter,
    };
    let status = match *request.method() {
        Method::GET => StatusCode::MOVED_PERMANENTLY,
        _ => StatusCode::TEMPORARY_REDIRECT,
    };
    let mut response = status.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::try_from(target).ok()?);
    Some(response)
}

fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Origin,Content-Type,Accept,Authorization,X-Csrf-Token"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("0"));
    for name in ["Access-Control-Request-Method", "Access-Control-Request-Headers"] {
        headers.append(VARY, HeaderValue::from_static(name));
    }
    response
}

fn secure(app: &App, headers: &mut HeaderMap) {
    let fixed = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https://avatars.githubusercontent.com \
             data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), camera=()"),
        (HeaderName::from_static("x-xss-protection"), "1; mode=block"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Every answer depends on who asks.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if app.cookies.secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}
