//! One HTTP stack for every vendor: timeouts, retries, adaptive concurrency.
