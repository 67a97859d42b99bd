//! Extensions of a request, by which a caller says how it may be treated.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;

/// An extension of a request: whether it may be sent again if the server may have carried it out. Without it, every
/// method except POST may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Sending it twice does no harm: the creation of a git object, which has the same id each time.
    Harmless,
    /// The caller finds out whether it was carried out before sending it again.
    Never,
}

/// An extension of a request whose address is a secret: the log shows only the host.
#[derive(Debug, Clone, Copy)]
pub struct Confidential;

/// An extension of a request: a redirect is its answer, also to a GET.
#[derive(Debug, Clone, Copy)]
pub struct NoRedirects;

/// An extension of a request: the pause after which a refusal asks to come again, for a server that says so neither by
/// the status nor by `Retry-After`.
#[derive(Debug, Clone, Copy)]
pub struct ComeAgain(pub fn(&Response<Bytes>) -> Option<Duration>);

/// An extension of a request: secrets that it carries outside of the header `Authorization`. If its server repeats them
/// in an error, they are masked.
#[derive(Clone)]
pub struct Sensitive(pub Vec<String>);

/// Without the secrets.
impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive")
    }
}
