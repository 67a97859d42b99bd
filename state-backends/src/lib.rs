//! Opaque documents under keys, with compare-and-swap and locks. Knows nothing of koctl.
