//! Forms: what proves that a form is one of ours, and their fields.

use std::collections::BTreeMap;

use axum::body::Bytes;
use maud::{Markup, html};

use crate::server::app::App;
use crate::server::error::{Answer, ApiError};
use crate::server::session::Session;

/// The name of the field that proves it.
const TOKEN: &str = "token";
/// The name of the buttons that say what is done with a form.
pub(super) const STEP: &str = "step";
/// The largest number of fields of a form.
const MOST_FIELDS: usize = 500;

/// A hidden field that only a page of this session can have.
pub(super) fn token(app: &App, session: &Session) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(app.cookies.keys.seal(TOKEN, &session.id)); }
}

/// The fields of a form that was sent.
///
/// # Errors
/// If it is not a form, or not one of a page of this session.
pub(super) fn read(app: &App, session: &Session, body: &Bytes) -> Answer<BTreeMap<String, String>> {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().take(MOST_FIELDS + 1).collect();
    if fields.len() > MOST_FIELDS {
        return Err(ApiError::bad_request("The form has too many fields"));
    }
    let fields: BTreeMap<String, String> = fields.into_iter().collect();
    let sealed = fields.get(TOKEN).map(String::as_str).unwrap_or_default();
    if app.cookies.keys.open(TOKEN, sealed).as_deref() != Some(session.id.as_str()) {
        return Err(ApiError::forbidden(
            "The form is not one of this session. Go back, reload the page, and send it again",
        ));
    }
    Ok(fields)
}

/// A field of text with its label, and what is wrong with it.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    pub(super) hint: &'a str,
    pub(super) value: &'a str,
    pub(super) wrong: Option<&'a str>,
}

impl Field<'_> {
    /// A line of text.
    pub(super) fn line(&self) -> Markup {
        let described = format!("{}-hint", self.name);
        self.around(html! {
            input type="text" id=(self.name) name=(self.name) value=(self.value) aria-describedby=(described)
                aria-invalid=[self.wrong.map(|_| "true")] autocomplete="off";
        })
    }

    /// A choice, with the chosen value.
    pub(super) fn choice(&self, options: &[(String, String)]) -> Markup {
        let described = format!("{}-hint", self.name);
        self.around(html! {
            select id=(self.name) name=(self.name) aria-describedby=(described) aria-invalid=[self.wrong.map(|_| "true")] {
                @for (value, text) in options {
                    option value=(value) selected[value == self.value] { (text) }
                }
            }
        })
    }

    fn around(&self, input: Markup) -> Markup {
        html! {
            div.field.wrong[self.wrong.is_some()] {
                label for=(self.name) { (self.label) }
                span.hint id={ (self.name) "-hint" } {
                    (self.hint)
                    @if let Some(wrong) = self.wrong { span.wrong-text { (wrong) } }
                }
                (input)
            }
        }
    }
}
