//! Pages: plain HTML without scripts, which no other page can frame.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;\
margin:3rem auto;padding:0 1rem}button{font:inherit;display:block;width:100%;text-align:left;margin:.5rem 0;\
padding:.75rem 1rem;border:1px solid;border-radius:.5rem;background:none;color:inherit;cursor:pointer}\
button:hover,button:focus-visible{outline:3px solid}button small{display:block}\
pre{overflow-x:auto;border:1px solid;border-radius:.5rem;padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere}\
ins,del{text-decoration:none;font-weight:600}";

/// A page. Its forms may lead to this server, and on to `target`.
pub(super) fn page(status: StatusCode, title: &str, content: &str, target: Option<&str>) -> Response {
    let title = escape(title);
    let body = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main><h1>{title}</h1>\n{content}\n</main></body></html>\n"
    );
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    // Browsers hold the addresses that a form's answer redirects to against `form-action`, too.
    let origin = target.and_then(|target| url::Url::parse(target).ok()).map(|url| url.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        origin.unwrap_or_default()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Text in HTML, also inside of attributes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A field that is sent along.
pub(super) fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value))
}

/// A refusal if a form was sent by a page of another site. Browsers say so.
pub(super) fn refuse_foreign(headers: &HeaderMap) -> Result<(), Box<Response>> {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    match site {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => {
            let content = "<p>This form was sent by another site. Go back, and start again.</p>";
            Err(Box::new(page(StatusCode::FORBIDDEN, "Not from here", content, None)))
        }
    }
}
