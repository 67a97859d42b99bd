//! Extensions of a request, by which a caller says how it may be treated.

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
