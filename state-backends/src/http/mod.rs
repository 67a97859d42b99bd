//! Documents on a server that speaks Terraform's HTTP backend protocol, GitLab's and Gitea's among them.
//!
//! | what | request | answer |
//! | --- | --- | --- |
//! | read | `GET address` | the document; 404 or 204 where there is none |
//! | write | `POST address?ID=<lock id>`, with `Content-MD5` | 409 or 423 where another lock is in force |
//! | lock | `LOCK lock address`, with a JSON object about the lock | 409 or 423 with that of the holder |
//! | unlock | `UNLOCK lock address`, with the same object | 409 where another lock is in force |
//!
//! Each key has an address of its own: the one that the URL gives with `{scope}` replaced by the key, or with the key
//! as its last segment. The methods and the addresses of locks are those of Terraform's settings (see
//! [`Http::open`]); for `…/terraform/state`, where GitLab and Gitea have them, they are what those two need.
//!
//! The protocol cannot list documents, keeps no history that a client could read, and has no compare-and-swap: what is
//! written is compared with what was read just before, under the lock, whose id the server checks. So a lock that
//! was forced open cannot lose an update, as long as the server does check it, as GitLab does. The revision of a
//! document is the SHA-256 of its content.
//!
//! Sources: Terraform's documentation of the backend `http`, and GitLab's of its Terraform state API. GitLab takes a
//! document only if it is JSON with a `serial` that no earlier version of it had.

mod address;
mod lock;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::Md5;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use self::address::{Address, Addresses};
use self::lock::Held;
use crate::detached::detach;
use crate::web::{Answer, Lost, Repeat, Web};
use crate::{
    AbandonedLock, AddressError, Attempt, Backend, Capabilities, Document, Error, Expected, Kind, LockId, LockInfo,
    Result, Revision, Variables, Version,
};

/// The backend for a server that speaks Terraform's HTTP backend protocol.
#[derive(Debug)]
pub struct Http {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Address,
    web: Web,
}

impl Http {
    /// The backend at an `https://` address. What the address leaves out is taken from the variables that users of
    /// Terraform have: `TF_HTTP_USERNAME`, `TF_HTTP_PASSWORD`, `TF_HTTP_UPDATE_METHOD`, `TF_HTTP_LOCK_ADDRESS`,
    /// `TF_HTTP_LOCK_METHOD`, `TF_HTTP_UNLOCK_ADDRESS`, `TF_HTTP_UNLOCK_METHOD`. All but the password can also be
    /// parameters of the address, as `lock_address` and so on; other parameters are the server's.
    ///
    /// # Errors
    ///
    /// Where an address is malformed, or is `http://` to another machine without the parameter `allow_http=true`.
    pub fn open(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let address = Address::parse(url, variables)?;
        let web = Web::new().map_err(|reason| AddressError::new(url, reason))?;
        Ok(Self { inner: Arc::new(Inner { address, web }) })
    }
}

#[async_trait]
impl Backend for Http {
    fn describe(&self) -> String {
        self.inner.address.to_string()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            listing: false,
            history: false,
            abandoned_lock: AbandonedLock::Stays,
            lock_pause: Duration::from_secs(5),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Document>> {
        self.inner.place("read", key)?.read().await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        self.inner.place("write", key)?.write(bytes, expected, lock).await
    }

    async fn keys(&self) -> Result<Vec<String>> {
        Err(Attempt::new("list the documents", self.describe()).failed(Kind::Unsupported))
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        Err(self.inner.place("list the earlier versions of", key)?.attempt.failed(Kind::Unsupported))
    }

    async fn read_version(&self, key: &str, _: &Revision) -> Result<Document> {
        Err(self.inner.place("read an earlier version of", key)?.attempt.failed(Kind::Unsupported))
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        self.inner.place("lock", key)?.lock(info).await
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.inner.place("unlock", key)?.unlock(id).await
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.inner.place("force the lock open of", key)?.unlock(id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        self.inner.give_back(key, id);
    }
}

/// Everything about one key, and what is being attempted there.
struct Place<'a> {
    inner: &'a Arc<Inner>,
    attempt: Attempt,
    key: &'a str,
    addresses: Addresses,
}

/// Why a request did not do what was asked.
enum Trouble {
    Lost(Lost),
    Refused(Answer),
}

impl Inner {
    fn place<'a>(self: &'a Arc<Self>, verb: &str, key: &'a str) -> Result<Place<'a>> {
        let attempt = Attempt::new(format!("{verb} the document `{key}`"), self.address.to_string());
        let addresses = self.address.of_key(key).map_err(|reason| attempt.failed(Kind::InvalidKey(reason)))?;
        Ok(Place { inner: self, attempt, key, addresses })
    }

    /// Frees the lock `id`, if it is in force, without being waited for.
    fn give_back(self: &Arc<Self>, key: &str, id: &LockId) {
        let (inner, key, id) = (Arc::clone(self), key.to_owned(), id.clone());
        detach(async move {
            let Ok(place) = inner.place("unlock", &key) else { return };
            if let Err(trouble) = place.send_unlock(&id).await
                && !trouble.is_conflict()
            {
                tracing::warn!("a lock was not given back: {}", trouble.told(&place.attempt));
            }
        });
    }
}

impl Place<'_> {
    fn request(&self, method: &Method, address: &reqwest::Url) -> RequestBuilder {
        let request = self.inner.web.client().request(method.clone(), address.clone());
        match &self.inner.address.username {
            Some(name) => {
                let password = self.inner.address.password.as_ref().map(ExposeSecret::expose_secret);
                request.basic_auth(name, password)
            }
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder, repeat: Repeat) -> Result<Answer, Trouble> {
        let invalid = |error: reqwest::Error| Trouble::Lost(Lost::Unreachable(error.without_url().to_string()));
        let answer = self.inner.web.send(request.build().map_err(invalid)?, repeat).await.map_err(Trouble::Lost)?;
        if answer.status.is_success() { Ok(answer) } else { Err(Trouble::Refused(answer)) }
    }

    fn told(&self, trouble: Trouble) -> Error {
        trouble.told(&self.attempt)
    }

    async fn read(&self) -> Result<Option<Document>> {
        let request = self.request(&Method::GET, &self.addresses.document);
        match self.send(request, Repeat::Harmless).await {
            Ok(Answer { status: StatusCode::NO_CONTENT, .. }) => Ok(None),
            Ok(answer) => Ok(Some(Document { revision: revision_of(&answer.body), bytes: answer.body })),
            Err(Trouble::Refused(Answer { status: StatusCode::NOT_FOUND, .. })) => Ok(None),
            Err(trouble) => Err(self.told(trouble)),
        }
    }

    /// Looks before it writes, and where the answer is lost, whether it has written. Each is one try of a few.
    async fn write(&self, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        const TRIES: u32 = 3;
        let written = revision_of(&bytes);
        let mut lost = None;
        for _ in 0..TRIES {
            let found = self.read().await?.map(|document| document.revision);
            if lost.is_some() && found.as_ref() == Some(&written) {
                return Ok(written);
            }
            if !expected.is_met_by(found.as_ref()) {
                self.require_lock(lock).await?;
                return Err(self.attempt.failed(Kind::Conflict { expected: expected.clone(), found }));
            }
            match self.send_document(&bytes, lock).await {
                Ok(()) => return Ok(written),
                Err(Trouble::Lost(again @ Lost::FateUnknown(_))) => lost = Some(again),
                Err(trouble) if trouble.is_conflict() || trouble.is_server_error() => {
                    // Some servers, GitLab among them, have no better answer to a lock that is not in force.
                    self.require_lock(lock).await?;
                    return Err(self.told(trouble));
                }
                Err(trouble) => return Err(self.told(trouble)),
            }
        }
        let cause = lost.map(|lost| lost.to_string()).unwrap_or_default();
        Err(self.attempt.failed_by(Kind::Unavailable, cause))
    }

    async fn send_document(&self, bytes: &[u8], lock: &LockId) -> Result<(), Trouble> {
        let mut address = self.addresses.document.clone();
        address.query_pairs_mut().append_pair("ID", &lock.to_string());
        let request = self.request(&self.inner.address.update_method, &address);
        let request = request.header(CONTENT_TYPE, "application/json");
        let request = request.header("content-md5", BASE64.encode(Md5::digest(bytes))).body(bytes.to_vec());
        self.send(request, Repeat::Never).await.map(drop)
    }

    async fn lock(&self, info: &LockInfo) -> Result<()> {
        let mut taking = Taking { place: self, id: &info.id, is_settled: false };
        let taken = self.send_lock(info).await;
        taking.is_settled = !matches!(taken, Err(Trouble::Lost(_)));
        match taken {
            Ok(()) => Ok(()),
            Err(Trouble::Refused(answer)) if is_conflict(answer.status) => match Held::parse(&answer.body) {
                // The answer to taking it was lost.
                Some(held) if held.is(&info.id) => Ok(()),
                held => {
                    let holder = held.and_then(|held| held.holder(info)).map(Box::new);
                    Err(self.attempt.failed(Kind::Locked { holder }))
                }
            },
            Err(Trouble::Refused(answer)) if is_no_lock_there(answer.status) => {
                let cause = format!(
                    "the server answered {} at `{}`, the address of its locks; name it with `lock_address`",
                    answer.status,
                    address::shown(&self.addresses.lock)
                );
                Err(self.attempt.failed_by(Kind::Misconfigured, cause))
            }
            Err(trouble) => Err(self.told(trouble)),
        }
    }

    async fn send_lock(&self, info: &LockInfo) -> Result<(), Trouble> {
        let request =
            self.request(&self.inner.address.lock_method, &self.addresses.lock).json(&Held::of(info, self.key));
        self.send(request, Repeat::Harmless).await.map(drop)
    }

    async fn unlock(&self, id: &LockId) -> Result<()> {
        match self.send_unlock(id).await {
            Ok(()) => Ok(()),
            Err(trouble) if trouble.is_conflict() || trouble.is_not_found() => {
                self.require_lock(id).await?;
                Err(self.told(trouble))
            }
            Err(trouble) => Err(self.told(trouble)),
        }
    }

    /// What an unlock says of the lock but its id is not known here, and asked by no server.
    async fn send_unlock(&self, id: &LockId) -> Result<(), Trouble> {
        let mut address = self.addresses.unlock.clone();
        address.query_pairs_mut().append_pair("ID", &id.to_string());
        let info = LockInfo { id: id.clone(), ..LockInfo::of_this_process("unlock", "") };
        let request = self.request(&self.inner.address.unlock_method, &address).json(&Held::of(&info, self.key));
        self.send(request, Repeat::Harmless).await.map(drop)
    }

    /// Whether `id` is the lock in force. There is no request that asks; but who tries to take the lock is told
    /// who holds it, and gives it back where nobody did.
    async fn require_lock(&self, id: &LockId) -> Result<()> {
        let probe = LockInfo::of_this_process("look at the lock", "");
        match self.send_lock(&probe).await {
            Ok(()) => {
                match self.send_unlock(&probe.id).await {
                    // Somebody may have forced it open: it is not this one's any more either way.
                    Err(trouble) if !trouble.is_conflict() => Err(self.told(trouble)),
                    _ => Err(self.attempt.failed(Kind::NotLocked)),
                }
            }
            Err(Trouble::Refused(answer)) if is_conflict(answer.status) => match Held::parse(&answer.body) {
                Some(held) if held.is(id) => Ok(()),
                held => {
                    let holder = held.and_then(|held| held.holder(&probe)).map(Box::new);
                    Err(self.attempt.failed(Kind::WrongLockId { holder }))
                }
            },
            Err(trouble) => Err(self.told(trouble)),
        }
    }
}

/// A lock that may be taken already. Dropping it gives it back, if it is.
struct Taking<'a> {
    place: &'a Place<'a>,
    id: &'a LockId,
    is_settled: bool,
}

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.place.inner.give_back(self.place.key, self.id);
        }
    }
}

impl Trouble {
    fn status(&self) -> Option<StatusCode> {
        match self {
            Trouble::Lost(_) => None,
            Trouble::Refused(answer) => Some(answer.status),
        }
    }

    fn is_conflict(&self) -> bool {
        self.status().is_some_and(is_conflict)
    }

    fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    fn is_server_error(&self) -> bool {
        self.status() == Some(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The error for a person.
    fn told(&self, attempt: &Attempt) -> Error {
        let answer = match self {
            Trouble::Lost(lost) => return attempt.failed_by(Kind::Unavailable, lost.to_string()),
            Trouble::Refused(answer) => answer,
        };
        let kind = match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::PermissionDenied,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::INSUFFICIENT_STORAGE => Kind::NoSpace,
            StatusCode::TOO_MANY_REQUESTS => Kind::Unavailable,
            status if status.is_server_error() => Kind::Unavailable,
            _ => Kind::Misconfigured,
        };
        let mut cause = format!("the server answered {}", answer.status);
        if let Some(words) = words(&answer.body) {
            cause = format!("{cause}: {words}");
        }
        if let Some(place) = answer.headers.get("location").and_then(|place| place.to_str().ok()) {
            let place = reqwest::Url::parse(place).map_or_else(|_| place.to_owned(), |url| address::shown(&url));
            cause = format!("{cause}, and that it is at `{place}`");
        }
        if answer.status == StatusCode::UNAUTHORIZED {
            cause.push_str("; the credentials are TF_HTTP_USERNAME and TF_HTTP_PASSWORD");
        }
        attempt.failed_by(kind, cause)
    }
}

/// What a server says of a failure: `message` or `error` of a JSON object, as GitLab has it.
fn words(body: &[u8]) -> Option<String> {
    let told: serde_json::Value = serde_json::from_slice(body).ok()?;
    let words = ["message", "error"].into_iter().find_map(|name| told.get(name))?;
    Some(words.as_str().map_or_else(|| words.to_string(), str::to_owned))
}

/// By either status a server says that a lock is another's.
fn is_conflict(status: StatusCode) -> bool {
    status == StatusCode::CONFLICT || status == StatusCode::LOCKED
}

fn is_no_lock_there(status: StatusCode) -> bool {
    [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED].contains(&status)
}

fn revision_of(bytes: &[u8]) -> Revision {
    Revision::new(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
