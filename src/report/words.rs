//! What steps are called.

use engine::execute::Step;

/// While it happens: `creating`.
pub(super) fn doing(step: Step) -> &'static str {
    match step {
        Step::Create => "creating",
        Step::Update => "updating",
        Step::Import => "importing",
        Step::Delete => "destroying",
        Step::Forget => "forgetting",
        Step::Record => "recording",
    }
}

/// When it has happened: `created`.
pub(super) fn done(step: Step) -> &'static str {
    match step {
        Step::Create => "created",
        Step::Update => "updated",
        Step::Import => "imported",
        Step::Delete => "destroyed",
        Step::Forget => "forgotten",
        Step::Record => "recorded",
    }
}

/// For programs, in the words of [`Action`](engine::Action): `create`.
pub(super) fn name(step: Step) -> &'static str {
    match step {
        Step::Create => "create",
        Step::Update => "update",
        Step::Import => "import",
        Step::Delete => "delete",
        Step::Forget => "forget",
        Step::Record => "record",
    }
}
