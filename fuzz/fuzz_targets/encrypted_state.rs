//! Reads any bytes as a document of a store that has keys.
#![no_main]

use std::sync::LazyLock;

use engine::state::{KeySources, Keys, Store};
use libfuzzer_sys::fuzz_target;

/// Its directory is never written to.
static STORE: LazyLock<Store> = LazyLock::new(|| {
    let identities = vec![age::x25519::Identity::generate().to_string()];
    let keys = Keys::new(KeySources { identities, ..KeySources::default() }).expect("it was just made");
    Store::open("file:nowhere", &|_| None).expect("a directory needs not be there").with_keys(keys)
});

fuzz_target!(|bytes: &[u8]| {
    let _ = STORE.parse(bytes);
});
