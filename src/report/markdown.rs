//! A plan as Markdown, for the comment on a pull request and the summary of a run.
//!
//! The counts and the risks come first, and the details are folded. With a limit, the details are cut at the end of a
//! line; if even the risks do not fit, the page says how many are missing. So no limit of GitHub cuts the top, or leaves
//! a code block open (R16).

use super::counts::{cell as number, columns, rows};
use super::markup::{cell, code, fence};
use super::plan_view::{Detail, PlanView};
use super::risks::{Group, folded, sections};
use super::schemas::Schemas;
use super::style::Style;
use super::terminal;
use super::words::count;
use crate::review::Effect;
use engine::Plan;
use engine::plan::{Unplanned, Waiting};

/// The room for the sentences about what did not fit.
const RESERVE: usize = 600;
/// The room below which no details are shown.
const LEAST: usize = 500;
/// Details have the lines that they have.
const UNBROKEN: Style = Style { color: false, width: usize::MAX };

/// A plan as a page of at most `limit` bytes. `warnings` are sentences of koctl with texts of others.
#[must_use]
pub fn plan(plan: &Plan, view: PlanView<'_>, warnings: &[String], limit: Option<usize>) -> String {
    let mut page = Page { text: String::new(), room: limit.unwrap_or(usize::MAX).saturating_sub(RESERVE) };
    let mut closing = terminal::closing(plan, view);
    let summary = closing.pop().unwrap_or_default();
    page.text.push_str(&format!("**{summary}**\n\n"));
    table(&mut page, plan, view.schemas);
    risks(&mut page, view);
    page.list("Not planned", plan.unplanned.iter().map(unplanned));
    page.list("Warnings", warnings.iter().map(|warning| format!("- {}\n", code(warning))));
    let waiting = plan.scopes.iter().flat_map(|scope| &scope.waiting);
    let (by_apply, by_others) = waiting.partition::<Vec<_>, _>(|waiting| waiting.by_apply);
    page.list("Waits for others", by_others.into_iter().map(waits));
    page.list("Waits for an apply, which resolves it", by_apply.into_iter().map(waits));
    if !closing.is_empty() {
        page.text.push_str(&format!("{}\n\n", closing.join(" ")));
    }
    if view.detail != Detail::Summary {
        details(&mut page, &terminal::details(plan, view, &UNBROKEN));
    }
    page.text
}

/// A page while it is written.
struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Adds an item if it fits. Returns true if it did.
    fn push(&mut self, item: &str) -> bool {
        let fits = self.text.len().saturating_add(item.len()) <= self.room;
        if fits {
            self.text.push_str(item);
        }
        fits
    }

    /// Adds a list with a heading, and says how much of it did not fit.
    fn list(&mut self, heading: &str, items: impl Iterator<Item = String>) {
        let mut items = items.peekable();
        if items.peek().is_none() {
            return;
        }
        let missing = if self.push(&format!("**{heading}**\n\n")) {
            items.filter(|item| !self.push(item)).count()
        } else {
            items.count()
        };
        if missing > 0 {
            self.text.push_str(&format!("{} of “{heading}” did not fit here.\n", count(missing, "entry")));
        }
        self.text.push('\n');
    }
}

fn table(page: &mut Page, plan: &Plan, schemas: Schemas<'_>) {
    let rows = rows(plan, schemas);
    if rows.is_empty() {
        return;
    }
    let columns = columns(&rows);
    let titles: String = columns.iter().map(|(title, _)| format!(" {title} |")).collect();
    page.text.push_str(&format!("| |{titles}\n| :-- |{}\n", " --: |".repeat(columns.len())));
    let row = |row: &super::counts::Row<'_>| {
        let counts: String = columns.iter().map(|(_, count)| format!(" {} |", number(count(&row.summary)))).collect();
        format!("| {} |{counts}\n", cell(&row.name()))
    };
    let missing = rows.iter().map(row).filter(|row| !page.push(row)).count();
    page.text.push('\n');
    if missing > 0 {
        page.text.push_str(&format!("{} did not fit here.\n\n", count(missing, "row")));
    }
}

fn risks(page: &mut Page, view: PlanView<'_>) {
    for section in sections(view.review, view.schemas) {
        let number: usize = section.groups.iter().map(|group| group.addresses.len()).sum();
        let heading = format!("{} ({number})", section.kind.heading());
        page.list(&heading, section.groups.iter().flat_map(entries));
    }
}

/// The items about resources with the same effects, each complete by itself.
fn entries(group: &Group<'_>) -> Vec<String> {
    if let ([address], effects) = (group.addresses.as_slice(), group.effects) {
        return match effects {
            [effect] => vec![format!("- {} {}\n", code(address.as_str()), words(effect))],
            _ => {
                let effects: Vec<String> = effects.iter().map(|effect| format!("  - {}\n", words(effect))).collect();
                let first = format!("- {}\n{}", code(address.as_str()), effects.first().cloned().unwrap_or_default());
                std::iter::once(first).chain(effects.into_iter().skip(1)).collect()
            }
        };
    }
    let effects = group.effects.iter().map(words).collect::<Vec<_>>().join("; ");
    let names = |names: Vec<&str>| names.into_iter().map(code).collect::<Vec<_>>().join(", ");
    folded(&group.addresses)
        .into_iter()
        .map(|(prefix, parts)| match parts.is_empty() {
            true => format!("- {} {effects}\n", code(prefix)),
            false => format!("- {} {effects}: {}\n", code(&format!("{prefix}…")), names(parts)),
        })
        .collect()
}

/// An effect, with the values of others in a code span.
fn words(effect: &Effect) -> String {
    match (effect.text, effect.values.as_str()) {
        (text, "") => text.to_owned(),
        ("", values) => code(values),
        (text, values) => format!("{text} ({})", code(values)),
    }
}

fn unplanned(unplanned: &Unplanned) -> String {
    let scope = unplanned.scope.as_deref().map(|scope| format!("{}: ", code(scope))).unwrap_or_default();
    let help = unplanned.help.as_deref().map(|help| format!(" – help: {}", code(help))).unwrap_or_default();
    format!("- {scope}{}{help}\n", code(&unplanned.message))
}

fn waits(Waiting { address, reason, link, .. }: &Waiting) -> String {
    let link = link.as_deref().map(|link| format!(" ({})", code(link))).unwrap_or_default();
    format!("- {}: {}{link}\n", code(address.as_str()), code(reason))
}

/// The details in a block that is folded, as far as they fit.
fn details(page: &mut Page, text: &str) {
    let text = text.trim_matches('\n');
    if text.is_empty() {
        return;
    }
    let fence = fence(text);
    let begin = format!("<details><summary>Details</summary>\n\n{fence}text\n");
    let end = format!("{fence}\n\n</details>\n");
    let room = page.room.saturating_sub(page.text.len()).saturating_sub(begin.len() + end.len());
    let number = text.lines().count();
    let rest = "`koctl show PLAN --full` shows all of the saved plan.";
    if text.len() + 1 > room && room < LEAST {
        page.text.push_str(&format!("The details did not fit here ({}). {rest}\n", count(number, "line")));
        return;
    }
    page.text.push_str(&begin);
    let (limit, mut shown) = (page.text.len().saturating_add(room), 0);
    for line in text.lines() {
        if page.text.len() + line.len() + 1 > limit {
            break;
        }
        page.text.push_str(line);
        page.text.push('\n');
        shown += 1;
    }
    page.text.push_str(&end);
    if shown < number {
        page.text.push_str(&format!("\nThe details end after {shown} of {number} lines. {rest}\n"));
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::*;
    use crate::report::testing::{self, SCHEMAS, change};
    use crate::review::Review;
    use engine::{Action, ResourceChange};

    fn page(changes: Vec<ResourceChange>, limit: Option<usize>) -> String {
        let plan = testing::plan(changes, Vec::new());
        let review = Review::of(&plan);
        let view = PlanView { schemas: SCHEMAS, review: &review, detail: Detail::Normal };
        super::plan(&plan, view, &[], limit)
    }

    fn deletion(name: &str) -> ResourceChange {
        change(&format!("Acme/team/{name}"), Action::Delete, json!({ "name": name }), Value::Null)
    }

    #[test]
    fn r16_a_page_without_changes_is_a_sentence() {
        let sentence = "**No changes. Konnect and the platform repository match the configuration.**\n\n";
        assert_eq!(page(Vec::new(), None), sentence);
    }

    #[test]
    fn r16_counts_and_risks_come_before_the_details() {
        let portal = json!({"display_name": "Acme", "authentication_enabled": false});
        let changes = vec![deletion("crew"), change("Acme/portal/prd", Action::Create, Value::Null, portal)];
        assert_snapshot!(page(changes, None));
    }

    #[test]
    fn r16_hostile_names_stay_in_their_code_spans() {
        let name = "a`b @org/team <img src=x> | ::error::";
        let page = page(vec![deletion(name)], None);
        assert_snapshot!(page);
        let outside: Vec<&str> = page.split("<details>").next().into_iter().collect();
        assert!(outside[0].lines().all(|line| !line.starts_with("::")), "{page}");
    }

    #[test]
    fn r16_a_limit_cuts_details_first_and_leaves_no_block_open() {
        let many: Vec<_> = (0..400).map(|number| deletion(&format!("team-with-a-long-name-{number}"))).collect();
        let whole = page(many.clone(), None);
        for limit in [2_000, 4_000, 8_000, 16_000, 32_000] {
            let page = page(many.clone(), Some(limit));
            assert!(page.len() <= limit && limit < whole.len(), "{} of {limit}", page.len());
            assert!(page.starts_with("**Plan: 0 to add, 0 to change, 400 to destroy.**"), "{page}");
            assert!(page.contains("| `Acme` | - | - | - | - | 400 |"), "{page}");
            assert!(page.contains("Destroys what other people work with (400)"), "{page}");
            assert_eq!(page.matches("```").count() % 2, 0, "{page}");
            assert_eq!(page.matches("<details>").count(), page.matches("</details>").count(), "{page}");
            assert!(page.contains(" did not fit here") || page.contains("The details end after"), "{page}");
        }
    }

    #[test]
    fn r16_text_that_looks_like_a_fence_does_not_end_the_block() {
        let text = "one\n```\n</details>\n````\n";
        let change =
            change("Acme/api_version/dev/a", Action::Update, json!({"content": "x\ny\n"}), json!({"content": text}));
        let page = page(vec![change], None);
        assert!(page.contains("`````text\n") && page.trim_end().ends_with("`````\n\n</details>"), "{page}");
    }
}
