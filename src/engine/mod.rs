//! The engine knows no vendor: addresses, schemas, the dependency graph, refresh, diff, plan, execution.
