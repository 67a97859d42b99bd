//! A plan or a state as Terraform's JSON, which policy engines, cost estimators and review tools read.
//!
//! The documents follow the JSON output format of `terraform show -json`
//! (<https://developer.hashicorp.com/terraform/internals/json-format>): a plan has `format_version` 1.2, a state 1.0. A
//! field without a counterpart in koctl is empty, as `output_changes`. koctl adds `koctl_version` and `koctl_reason`;
//! readers of the format ignore fields that they do not know.
//!
//! - An `address` is that of koctl: Terraform's documents allow any text. `name` is its key.
//! - `provider_name` is `koctl/konnect` or `koctl/github`.
//! - The attributes of a resource are its values, including the `id`. The value of a write-only attribute is the trace
//!   of the secret, marked as sensitive; it changes if the secret changes.

mod plan;
mod state;
#[cfg(test)]
mod tests;
mod values;

pub use plan::plan_json;
pub use state::state_json;
