//! The steps of a request, from the pull request to a published API: what is done, and what each other step waits for.

use std::collections::BTreeMap;

use github_api::{CheckRun, PullDetails, Review};
use jiff::Timestamp;

use crate::operations::{Journey, Progress, Stage};
use crate::report::count;

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is done.
    Done,
    /// It is next, and waits for someone or something.
    Waits,
    /// It went wrong, and someone has to do something.
    Wrong,
    /// It comes later.
    Later,
    /// It was left out.
    LeftOut,
}

/// A step of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) standing: Standing,
    pub(super) name: &'static str,
    /// What happened, or what it waits for.
    pub(super) text: String,
    pub(super) link: Option<String>,
    pub(super) at: Option<Timestamp>,
}

fn step(standing: Standing, name: &'static str, text: impl Into<String>) -> Step {
    Step { standing, name, text: text.into(), link: None, at: None }
}

impl Step {
    fn at(self, at: Option<Timestamp>) -> Self {
        Self { at, ..self }
    }

    fn link(self, link: Option<String>) -> Self {
        Self { link, ..self }
    }
}

/// The steps up to the merge. `reviewers` are those who are asked for a review.
pub(super) fn to_merge(journey: &Journey, reviewers: &[String]) -> Vec<Step> {
    let Journey { pull, reviews, checks, .. } = journey;
    let who = match reviewers {
        [] => "the platform team".to_owned(),
        some => some.join(", "),
    };
    let submitted = step(Standing::Done, "Submitted", format!("by {}", requester(pull)));
    vec![
        submitted.at(Some(pull.created_at)).link(Some(pull.html_url.clone())),
        check(pull, checks),
        review(pull, reviews, &who),
        merge(pull, &who),
    ]
}

/// The login of who asked, as the description begins.
fn requester(pull: &PullDetails) -> &str {
    let body = pull.body.as_deref().unwrap_or_default();
    body.strip_prefix('@').and_then(|rest| rest.split_whitespace().next()).unwrap_or("somebody")
}

/// What a step that was not done is after the pull request was closed, and before.
fn undone(pull: &PullDetails) -> Standing {
    if pull.state == "open" { Standing::Waits } else { Standing::LeftOut }
}

fn check(pull: &PullDetails, checks: &[CheckRun]) -> Step {
    let name = "Checks";
    let is_over = |run: &&CheckRun| run.status == "completed";
    let is_fine = |run: &CheckRun| matches!(run.conclusion.as_deref(), Some("success" | "neutral" | "skipped"));
    if checks.is_empty() {
        let standing = if pull.state == "open" { Standing::Later } else { Standing::LeftOut };
        return step(standing, name, "No program has checked it yet.");
    }
    if let Some(failed) = checks.iter().filter(is_over).find(|run| !is_fine(run)) {
        let how = failed.conclusion.as_deref().unwrap_or("failure").replace('_', " ");
        return step(Standing::Wrong, name, format!("{} ended with: {how}.", failed.name))
            .link(failed.html_url.clone())
            .at(failed.completed_at);
    }
    if let Some(running) = checks.iter().find(|run| !is_over(run)) {
        return step(undone(pull), name, format!("{} is not over yet.", running.name)).link(running.html_url.clone());
    }
    let last = checks.iter().filter_map(|run| run.completed_at).max();
    let first = checks.first().and_then(|run| run.html_url.clone());
    step(Standing::Done, name, format!("{} passed.", count(checks.len(), "check"))).link(first).at(last)
}

fn review(pull: &PullDetails, reviews: &[Review], who: &str) -> Step {
    let name = "Review";
    // The last word of each person counts; a comment takes back no earlier word.
    let mut last: BTreeMap<&str, &Review> = BTreeMap::new();
    for review in reviews.iter().filter(|review| !matches!(review.state.as_str(), "COMMENTED" | "PENDING")) {
        last.insert(review.user.as_ref().map_or("somebody", |user| user.login.as_str()), review);
    }
    let of = |state: &str| last.iter().find(|(_, review)| review.state == state);
    if let Some((login, review)) = of("CHANGES_REQUESTED").filter(|_| pull.merged_at.is_none()) {
        return step(Standing::Wrong, name, format!("{login} asks for changes."))
            .link(Some(review.html_url.clone()))
            .at(review.submitted_at);
    }
    if let Some((login, review)) = of("APPROVED") {
        return step(Standing::Done, name, format!("{login} approved it."))
            .link(Some(review.html_url.clone()))
            .at(review.submitted_at);
    }
    step(
        undone(pull),
        name,
        if pull.state == "open" { format!("Waits for {who}.") } else { "Nobody reviewed it.".to_owned() },
    )
}

fn merge(pull: &PullDetails, who: &str) -> Step {
    let name = "Merged";
    match (pull.merged_at, pull.state.as_str(), pull.mergeable) {
        (Some(at), ..) => {
            let by = pull.merged_by.as_ref().map_or("somebody", |user| user.login.as_str());
            step(Standing::Done, name, format!("by {by}")).at(Some(at)).link(Some(pull.html_url.clone()))
        }
        (None, "open", Some(false)) => {
            step(Standing::Wrong, name, "It conflicts with what was merged meanwhile: send the request again.")
        }
        (None, "open", _) => step(Standing::Waits, name, format!("Waits for {who}.")).link(Some(pull.html_url.clone())),
        (None, ..) => step(Standing::Wrong, name, "It was closed without merging.").at(pull.closed_at),
    }
}

/// The steps after the merge, in one environment. `apply` is the page of the workflow that applies; without it, there are
/// no workflows, as in the sandbox.
pub(super) fn after_merge(stage: &Stage, apply: Option<&str>) -> Vec<Step> {
    let applied = match stage.is_applied {
        true => step(Standing::Done, "Applied", "Konnect has the API with its specification."),
        false => step(Standing::Waits, "Applied", "Waits for the next apply.").link(apply.map(str::to_owned)),
    };
    let published = match stage.is_published {
        true => step(Standing::Done, "Published", "The portal shows the API."),
        false => step(Standing::Later, "Published", "With the apply."),
    };
    let staged = file("Staged", &stage.staged, "The specification is in the platform repository.", "With the apply.");
    let later = "After the staged specification is merged, by the workflow OpenAPI to decK.";
    let converted = file("Converted", &stage.converted, "decK has made a gateway configuration of it.", later);
    let linked = stage.is_linked.map(|is_linked| match is_linked {
        true => step(Standing::Done, "Linked", "The API is linked to its gateway service."),
        false => step(Standing::Later, "Linked", "After decK has synced the gateway, with the apply that follows."),
    });
    let by_deck = [Some(converted), linked].into_iter().flatten();
    let by_deck = by_deck.map(|one| match (one.standing, apply) {
        (Standing::Later, None) => Step {
            standing: Standing::LeftOut,
            text: "decK does this, which the sandbox does not have.".to_owned(),
            ..one
        },
        _ => one,
    });
    [applied, published, staged].into_iter().chain(by_deck).collect()
}

fn file(name: &'static str, progress: &Progress, done: &str, later: &str) -> Step {
    match progress {
        Progress::Done => step(Standing::Done, name, done),
        Progress::Proposed(number, page) => {
            step(Standing::Waits, name, format!("Waits until the pull request #{number} is merged.")).link(page.clone())
        }
        Progress::Missing => step(Standing::Later, name, later),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::operations::RequestMark;

    fn journey(pull: Value, reviews: Value, checks: Value) -> Journey {
        let mut whole = json!({
            "number": 1, "title": "t", "html_url": "https://github.com/acme/platform/pull/1", "state": "open",
            "created_at": "2026-01-02T03:04:05Z", "body": "@ada asks to add it",
            "head": { "ref": "b", "sha": "c" }, "base": { "ref": "main" },
        });
        for (name, value) in pull.as_object().unwrap() {
            whole[name] = value.clone();
        }
        Journey {
            mark: RequestMark { owner: "1".to_owned(), action: "add".to_owned(), service: "acme/a".to_owned() },
            pull: serde_json::from_value(whole).unwrap(),
            reviews: serde_json::from_value(reviews).unwrap(),
            checks: serde_json::from_value(checks).unwrap(),
        }
    }

    fn standings(journey: &Journey) -> Vec<(Standing, String)> {
        to_merge(journey, &[]).into_iter().skip(1).map(|step| (step.standing, step.text)).collect()
    }

    #[test]
    fn a_new_request_waits_for_the_platform_team() {
        let new = journey(json!({}), json!([]), json!([]));
        assert_eq!(
            standings(&new),
            [
                (Standing::Later, "No program has checked it yet.".to_owned()),
                (Standing::Waits, "Waits for the platform team.".to_owned()),
                (Standing::Waits, "Waits for the platform team.".to_owned()),
            ]
        );
        let first = to_merge(&new, &[]).remove(0);
        assert_eq!((first.text.as_str(), first.standing), ("by ada", Standing::Done));
    }

    #[test]
    fn a_check_that_failed_counts_more_than_those_that_run_and_passed() {
        let run = |name: &str, status: &str, conclusion: Value| json!({ "name": name, "status": status, "conclusion": conclusion });
        let of = |checks: Value| standings(&journey(json!({}), json!([]), checks)).remove(0);
        let (passed, runs) = (run("a", "completed", "success".into()), run("b", "in_progress", Value::Null));
        let failed = run("c", "completed", "timed_out".into());
        assert_eq!(of(json!([passed])), (Standing::Done, "1 check passed.".to_owned()));
        assert_eq!(of(json!([passed, runs])), (Standing::Waits, "b is not over yet.".to_owned()));
        assert_eq!(of(json!([passed, runs, failed])), (Standing::Wrong, "c ended with: timed out.".to_owned()));
    }

    #[test]
    fn the_last_word_of_each_reviewer_counts_and_a_comment_is_none() {
        let review = |login: &str, state: &str| json!({ "user": { "login": login, "id": 1 }, "state": state, "html_url": "h", "submitted_at": null });
        let of = |reviews: Value| standings(&journey(json!({}), reviews, json!([]))).remove(1);
        let (asks, comments, approves) =
            (review("bo", "CHANGES_REQUESTED"), review("bo", "COMMENTED"), review("bo", "APPROVED"));
        assert_eq!(of(json!([asks, comments])), (Standing::Wrong, "bo asks for changes.".to_owned()));
        assert_eq!(of(json!([asks, approves, comments])), (Standing::Done, "bo approved it.".to_owned()));
        assert_eq!(of(json!([approves, review("al", "CHANGES_REQUESTED")])).0, Standing::Wrong);
    }

    #[test]
    fn a_request_is_merged_in_conflict_or_closed() {
        let of = |pull: Value| standings(&journey(pull, json!([]), json!([]))).remove(2);
        let merged = json!({
            "state": "closed", "merged_at": "2026-01-03T00:00:00Z", "merged_by": { "login": "bo", "id": 2 }
        });
        assert_eq!(of(merged), (Standing::Done, "by bo".to_owned()));
        assert_eq!(of(json!({ "mergeable": false })).0, Standing::Wrong);
        assert_eq!(of(json!({ "state": "closed" })), (Standing::Wrong, "It was closed without merging.".to_owned()));
    }

    #[test]
    fn each_step_after_the_merge_says_what_it_waits_for() {
        let mut stage = Stage {
            place: "Acme/dev".to_owned(),
            is_applied: false,
            is_published: false,
            staged: Progress::Missing,
            converted: Progress::Missing,
            is_linked: Some(false),
        };
        let of = |stage: &Stage| {
            after_merge(stage, Some("https://…")).into_iter().map(|step| step.standing).collect::<Vec<_>>()
        };
        use Standing::{Done, Later, Waits};
        assert_eq!(of(&stage), [Waits, Later, Later, Later, Later]);
        (stage.is_applied, stage.is_published, stage.staged) = (true, true, Progress::Proposed(7, None));
        assert_eq!(of(&stage), [Done, Done, Waits, Later, Later]);
        (stage.staged, stage.converted, stage.is_linked) = (Progress::Done, Progress::Done, Some(true));
        assert_eq!(of(&stage), [Done; 5]);
        stage.is_linked = None;
        assert_eq!(of(&stage).len(), 4);
        stage.converted = Progress::Missing;
        let in_sandbox = after_merge(&stage, None);
        assert_eq!(in_sandbox[3].standing, Standing::LeftOut);
    }
}
