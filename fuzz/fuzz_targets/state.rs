//! Reads any bytes as a state. An accepted state is written and read again, and is the same.
#![no_main]

use engine::state::State;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(state) = State::from_bytes(bytes) {
        assert_eq!(State::from_bytes(&state.to_bytes()), Ok(state));
    }
});
