//! The state that all requests share.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use github_api::{Access, OAuthApp, Reader};
use tokio::sync::{Mutex, Semaphore};

use super::audit::{Event, Recorder};
use super::error::{Answer, ApiError};
use super::limits::Limiter;
use super::platform::Platform;
use super::session::{Cookies, Renewals, Session};
use super::settings::Settings;
use crate::operations::Onboarding;
use transport::Transport;

/// Requests of one address in a minute. The UI asks for up to ten things when it opens.
const MOST_REQUESTS: u32 = 600;
/// Requests that are answered at the same time.
const AT_ONCE: usize = 512;

/// The state that handlers share. Cheap to clone.
pub(super) type App = Arc<Shared>;

/// The state behind it.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) cookies: Cookies,
    pub(super) own_origin: String,
    pub(super) frontend_origin: String,
    pub(super) oauth: OAuthApp,
    pub(super) platform: Platform,
    pub(super) limiter: Limiter,
    pub(super) at_once: Semaphore,
    pub(super) renewals: Mutex<Renewals>,
    /// The numbers of sessions that were ended, with the time at which they would have ended by themselves.
    pub(super) ended: Mutex<HashMap<String, i64>>,
    transport: Transport,
    github_url: String,
    recorder: Recorder,
}

impl Shared {
    /// A reader of GitHub with a person's token.
    pub(super) fn reader(&self, session: &Session) -> Answer<Reader> {
        self.reader_with(session.token())
    }

    /// The same for a token that no session has yet.
    pub(super) fn reader_with(&self, token: secrecy::SecretString) -> Answer<Reader> {
        let access = Access { url: self.github_url.clone(), token: Some(token) };
        // Limits of its own: one person does not slow others down.
        Reader::new(self.transport.with_own_limits(), &access).map_err(|_| ApiError::session_over())
    }

    /// Records what was done.
    pub(super) fn record(&self, from: IpAddr, event: Event) {
        (self.recorder)(&Event { from: Some(from), ..event });
    }
}

impl Shared {
    /// The state of a service with these settings.
    pub(super) fn new(settings: Settings, onboarding: Onboarding, recorder: Recorder) -> App {
        let (transport, github_url) = (onboarding.transport().clone(), onboarding.github_url().to_owned());
        let (id, secret) = (settings.client_id.clone(), settings.client_secret.clone());
        let oauth = OAuthApp::new(transport.clone(), onboarding.web_url(), &github_url, &id, secret);
        let cookies = Cookies {
            keys: settings.keys.clone(),
            secure: settings.url.scheme() == "https",
            path: settings.url.path().to_owned(),
        };
        Arc::new(Self {
            own_origin: settings.url.origin().ascii_serialization(),
            frontend_origin: settings.frontend.origin().ascii_serialization(),
            cookies,
            oauth,
            platform: Platform::new(onboarding),
            limiter: Limiter::new(MOST_REQUESTS),
            at_once: Semaphore::new(AT_ONCE),
            renewals: Mutex::default(),
            ended: Mutex::default(),
            transport,
            github_url,
            recorder,
            settings,
        })
    }
}
