//! Reads any bytes as a saved plan.
#![no_main]

use engine::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Plan::from_bytes(bytes);
});
