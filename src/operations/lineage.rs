//! The lineage of a state that does not exist yet.

use sha2::{Digest, Sha256};

use engine::ResourceChange;

/// The lineage that a plan gives to a scope without a state.
///
/// It follows from the inputs, so that the same inputs give the same plan (R7). Two states made of the same inputs
/// share it, but a plan made when there was no state is refused by either: it names no serial.
pub(super) fn of_new_state(scope: &str, configuration: &str, changes: &[ResourceChange]) -> String {
    let mut hash = Sha256::new();
    hash.update(scope);
    hash.update([0]);
    hash.update(configuration);
    hash.update(serde_json::to_vec(changes).expect("changes have only text keys"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
