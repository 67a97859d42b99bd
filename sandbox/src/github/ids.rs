//! Ids of users, repositories and everything else that GitHub numbers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A positive 31-bit id that depends on nothing but the name (FNV-1a), for users and repositories.
pub(super) fn stable_id(name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 33).max(1)
}

/// A GraphQL node id: opaque to clients, and different for every kind and id.
pub(super) fn node_id(kind: &str, id: impl std::fmt::Display) -> String {
    STANDARD.encode(format!("{kind}:{id}"))
}
