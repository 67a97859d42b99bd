//! How plans, progress and drift are shown.
