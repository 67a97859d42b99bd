//! Documents on a server that speaks Terraform's HTTP backend protocol, GitLab's and Gitea's among them.
//!
//! | what | request | answer |
//! | --- | --- | --- |
//! | read | `GET address` | the document; 404 or 204 if there is none |
//! | write | `POST address?ID=<lock id>`, with `Content-MD5` | 409 or 423 if another lock is in force |
//! | lock | `LOCK lock address`, with a JSON object about the lock | 409 or 423 with that of the holder |
//! | unlock | `UNLOCK lock address`, with the same object | 409 if another lock is in force |
//!
//! Each key has an address of its own: the one that the URL gives with `{scope}` replaced by the key, or with the key
//! as its last segment. The methods and the addresses of locks are those of Terraform's settings (see
//! [`Http::open`]); for `…/terraform/state`, the address of GitLab and Gitea, they are what those two need.
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
mod request_error;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode, request};
use md5::Md5;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use transport::{Repeat, Sensitive, Transport, TransportError};
use url::Url;

use self::address::{Address, Addresses};
use self::lock::LockDescription;
use self::request_error::{RequestError, is_conflict, is_no_lock_there};
use crate::detached::detach;
use crate::settings;
use crate::{
    AbandonedLock, AddressError, Attempt, Backend, Capabilities, Document, Error, Expected, Kind, LockId, LockInfo,
    Result, Revision, Variables, Version,
};

/// The backend for a server that speaks Terraform's HTTP backend protocol.
#[derive(Debug)]
pub struct Http {
    server: Arc<Server>,
}

#[derive(Debug)]
struct Server {
    address: Address,
    authorization: Option<HeaderValue>,
    transport: Transport,
}

impl Http {
    /// The backend at an `https://` address. What the address leaves out is taken from the variables that users of
    /// Terraform have: `TF_HTTP_USERNAME`, `TF_HTTP_PASSWORD`, `TF_HTTP_UPDATE_METHOD`, `TF_HTTP_LOCK_ADDRESS`,
    /// `TF_HTTP_LOCK_METHOD`, `TF_HTTP_UNLOCK_ADDRESS`, `TF_HTTP_UNLOCK_METHOD`. All but the password can also be
    /// parameters of the address, as `lock_address` and so on; other parameters are the server's.
    ///
    /// # Errors
    /// If an address is malformed, or is `http://` to another machine without the parameter `allow_http=true`.
    pub fn open(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let address = Address::parse(url, variables)?;
        let settings = settings::of_documents(url, variables)?;
        let transport = Transport::new(&settings).map_err(|error| AddressError::new(url, error.to_string()))?;
        let authorization = authorization(&address);
        Ok(Self { server: Arc::new(Server { address, authorization, transport }) })
    }
}

#[async_trait]
impl Backend for Http {
    fn describe(&self) -> String {
        self.server.address.to_string()
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
        self.server.key("read", key)?.read().await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        self.server.key("write", key)?.write(bytes, expected, lock).await
    }

    async fn keys(&self) -> Result<Vec<String>> {
        Err(Attempt::new("list the documents", self.describe()).failed(Kind::Unsupported))
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        Err(self.server.key("list the earlier versions of", key)?.attempt.failed(Kind::Unsupported))
    }

    async fn read_version(&self, key: &str, _: &Revision) -> Result<Document> {
        Err(self.server.key("read an earlier version of", key)?.attempt.failed(Kind::Unsupported))
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        self.server.key("lock", key)?.lock(info).await
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.server.key("unlock", key)?.unlock(id).await
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.server.key("force the lock open of", key)?.unlock(id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        self.server.give_back(key, id);
    }
}

/// One key, and what is being attempted there.
struct KeyOnServer<'a> {
    server: &'a Arc<Server>,
    attempt: Attempt,
    key: &'a str,
    addresses: Addresses,
}

impl Server {
    fn key<'a>(self: &'a Arc<Self>, verb: &str, key: &'a str) -> Result<KeyOnServer<'a>> {
        let attempt = Attempt::new(format!("{verb} the document `{key}`"), self.address.to_string());
        let addresses = self.address.of_key(key).map_err(|reason| attempt.failed(Kind::InvalidKey(reason)))?;
        Ok(KeyOnServer { server: self, attempt, key, addresses })
    }

    /// Frees the lock `id`, if it is in force, without being waited for.
    fn give_back(self: &Arc<Self>, key: &str, id: &LockId) {
        let (server, key, id) = (Arc::clone(self), key.to_owned(), id.clone());
        detach(async move {
            let Ok(key) = server.key("unlock", &key) else { return };
            if let Err(error) = key.send_unlock(&id).await
                && !error.is_conflict()
            {
                tracing::warn!("a lock was not given back: {}", error.failed(&key.attempt));
            }
        });
    }
}

impl KeyOnServer<'_> {
    fn request(&self, method: &Method, address: &Url) -> request::Builder {
        let request = Request::builder().method(method).uri(address.as_str());
        let request = request.extension(Sensitive(self.server.address.secrets()));
        match &self.server.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    async fn send(&self, request: request::Builder, body: impl Into<Bytes>) -> Result<Response<Bytes>, RequestError> {
        let request = request.body(body.into()).map_err(|error| TransportError::Invalid(error.to_string()))?;
        let answer = self.server.transport.send(request).await?;
        if answer.status().is_success() { Ok(answer) } else { Err(RequestError::Refused(Box::new(answer))) }
    }

    /// Sends a description of a lock. Doing so twice does no harm: a lock is known by its id.
    async fn send_description(
        &self,
        method: &Method,
        address: &Url,
        lock: &LockDescription,
    ) -> Result<(), RequestError> {
        let body = serde_json::to_vec(lock).map_err(|error| TransportError::Invalid(error.to_string()))?;
        let request = self.request(method, address).header(CONTENT_TYPE, "application/json");
        self.send(request.extension(Repeat::Harmless), body).await.map(drop)
    }

    /// The error for a person.
    fn failed(&self, error: &RequestError) -> Error {
        error.failed(&self.attempt)
    }

    async fn read(&self) -> Result<Option<Document>> {
        let request = self.request(&Method::GET, &self.addresses.document);
        match self.send(request, Bytes::new()).await {
            Ok(answer) if answer.status() == StatusCode::NO_CONTENT => Ok(None),
            Ok(answer) => {
                let bytes = Vec::from(answer.into_body());
                Ok(Some(Document { revision: revision_of(&bytes), bytes }))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Reads before it writes, and after a lost answer, to see if it has written. Each is one try of a few.
    async fn write(&self, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        const TRIES: u32 = 3;
        let written = revision_of(&bytes);
        let mut lost = None;
        for _ in 0..TRIES {
            let found = self.read().await?.map(|document| document.revision);
            if lost.is_some() && found.as_ref() == Some(&written) {
                // Whoever has taken the lock by force may have written the same.
                self.require_lock(lock).await?;
                return Ok(written);
            }
            if !expected.is_met_by(found.as_ref()) {
                self.require_lock(lock).await?;
                return Err(self.attempt.failed(Kind::Conflict { expected: expected.clone(), found }));
            }
            match self.send_document(&bytes, lock).await {
                Ok(()) => return Ok(written),
                Err(error) if error.is_fate_unknown() => lost = Some(error),
                Err(error) if error.is_conflict() || error.is_server_error() => {
                    // Some servers, GitLab among them, have no better answer to a lock that is not in force.
                    self.require_lock(lock).await?;
                    return Err(self.failed(&error));
                }
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Err(lost.map_or_else(|| self.attempt.failed(Kind::Unavailable), |error| self.failed(&error)))
    }

    async fn send_document(&self, bytes: &[u8], lock: &LockId) -> Result<(), RequestError> {
        let mut address = self.addresses.document.clone();
        address.query_pairs_mut().append_pair("ID", &lock.to_string());
        let request = self.request(&self.server.address.update_method, &address);
        let request = request.header(CONTENT_TYPE, "application/json");
        let request = request.header("content-md5", BASE64.encode(Md5::digest(bytes))).extension(Repeat::Never);
        self.send(request, bytes.to_vec()).await.map(drop)
    }

    async fn lock(&self, info: &LockInfo) -> Result<()> {
        let mut lock = UnsettledLock { key: self, id: &info.id, is_settled: false };
        let taken = self.send_lock(info).await;
        lock.is_settled = !matches!(taken, Err(RequestError::NoAnswer(_)));
        match taken {
            Ok(()) => Ok(()),
            Err(RequestError::Refused(answer)) if is_conflict(answer.status()) => {
                match LockDescription::parse(answer.body()) {
                    // The answer to taking it was lost.
                    Some(held) if held.is(&info.id) => Ok(()),
                    held => {
                        let holder = held.and_then(|held| held.holder(info)).map(Box::new);
                        Err(self.attempt.failed(Kind::Locked { holder }))
                    }
                }
            }
            Err(RequestError::Refused(answer)) if is_no_lock_there(answer.status()) => {
                let cause = format!(
                    "the server answered {} at `{}`, the address of its locks; name it with `lock_address`",
                    answer.status(),
                    address::shown(&self.addresses.lock)
                );
                Err(self.attempt.failed_by(Kind::Misconfigured, cause))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn send_lock(&self, info: &LockInfo) -> Result<(), RequestError> {
        let (method, address) = (&self.server.address.lock_method, &self.addresses.lock);
        self.send_description(method, address, &LockDescription::of(info, self.key)).await
    }

    async fn unlock(&self, id: &LockId) -> Result<()> {
        match self.send_unlock(id).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() || error.is_not_found() => {
                self.require_lock(id).await?;
                Err(self.failed(&error))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Only the id of the lock is known here; servers ask for nothing else.
    async fn send_unlock(&self, id: &LockId) -> Result<(), RequestError> {
        let mut address = self.addresses.unlock.clone();
        address.query_pairs_mut().append_pair("ID", &id.to_string());
        let info = LockInfo { id: id.clone(), ..LockInfo::of_this_process("unlock", "") };
        let method = &self.server.address.unlock_method;
        self.send_description(method, &address, &LockDescription::of(&info, self.key)).await
    }

    /// An error if `id` is not the lock in force. No request asks for that; but the answer to taking the lock says who
    /// holds it, and a lock that was free is released.
    async fn require_lock(&self, id: &LockId) -> Result<()> {
        let probe = LockInfo::of_this_process("look at the lock", "");
        match self.send_lock(&probe).await {
            Ok(()) => {
                match self.send_unlock(&probe.id).await {
                    // It may have been forced open: either way it is not this one's any more.
                    Err(error) if !error.is_conflict() => Err(self.failed(&error)),
                    _ => Err(self.attempt.failed(Kind::NotLocked)),
                }
            }
            Err(RequestError::Refused(answer)) if is_conflict(answer.status()) => {
                match LockDescription::parse(answer.body()) {
                    Some(held) if held.is(id) => Ok(()),
                    held => {
                        let holder = held.and_then(|held| held.holder(&probe)).map(Box::new);
                        Err(self.attempt.failed(Kind::WrongLockId { holder }))
                    }
                }
            }
            Err(error) => Err(self.failed(&error)),
        }
    }
}

/// A lock that may be taken already. Dropping it gives the lock back, unless it is settled.
struct UnsettledLock<'a> {
    key: &'a KeyOnServer<'a>,
    id: &'a LockId,
    is_settled: bool,
}

impl Drop for UnsettledLock<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.key.server.give_back(self.key.key, self.id);
        }
    }
}

/// HTTP's basic authentication with the credentials of an address.
fn authorization(address: &Address) -> Option<HeaderValue> {
    let name = address.username.as_ref()?;
    let password = address.password.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
    let value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(format!("{name}:{password}"))));
    let mut value = value.expect("Base64 is ASCII");
    value.set_sensitive(true);
    Some(value)
}

fn revision_of(bytes: &[u8]) -> Revision {
    Revision::new(hex::encode(Sha256::digest(bytes)))
}
