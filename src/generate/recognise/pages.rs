//! The pages and snippets of the portals of environments, as the files that would make them.
//!
//! All of them are taken over, Konnect's default ones too: no operation says what those are, so that one which was changed
//! cannot be told from one which was not.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::generate::draft::{Draft, DraftEnvironment};
use crate::generate::inventory::{Inventory, text};
use crate::konnect::resources::{portal, portal_page, portal_snippet};
use crate::manifest::markdown::{PortalText, file_with};
use crate::manifest::{same_file, unfit_page, unfit_snippet};
use engine::Remote;

/// The slug of the page at the top, and the path of its file.
const TOP_SLUG: &str = "/";
const TOP: &str = "index";

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let pages = inventory.by(portal_page::SCHEMA.type_name, portal_page::PORTAL_ID.text());
    let snippets = inventory.by(portal_snippet::SCHEMA.type_name, portal_snippet::PORTAL_ID.text());
    let mut unfit = Vec::new();
    for environment in draft.environments.values_mut() {
        let usual = usual_visibility(inventory, environment);
        let of_portal = |all: &BTreeMap<&str, Vec<&Remote>>| {
            let here: Vec<Remote> =
                all.get(environment.portal.as_str()).into_iter().flatten().map(|one| (*one).clone()).collect();
            here
        };
        let (pages, snippets) = (of_portal(&pages), of_portal(&snippets));
        unfit.extend(self::pages(&pages, &usual, environment));
        unfit.extend(self::snippets(&snippets, &usual, environment));
    }
    for (type_name, id, reason) in unfit {
        draft.give_up(type_name, &id, reason);
    }
}

/// What is given up: its type, its id and the reason.
type Unfit = (&'static str, String, String);

/// The visibility of new pages of the portal.
fn usual_visibility(inventory: &Inventory, environment: &DraftEnvironment) -> String {
    let portal = inventory.get(portal::SCHEMA.type_name, &environment.portal);
    portal.map_or("", |portal| text(portal, portal::DEFAULT_PAGE_VISIBILITY.text())).to_owned()
}

/// The page above a page. Empty at the top.
fn above(page: &Remote) -> &str {
    text(page, portal_page::PARENT_PAGE_ID.text())
}

fn pages(all: &[Remote], usual: &str, environment: &mut DraftEnvironment) -> Vec<Unfit> {
    let type_name = portal_page::SCHEMA.type_name;
    let mut unfit: Vec<Unfit> = Vec::new();
    // From the top down: the pages below each page, with its path.
    let mut open: Vec<(String, String)> = vec![(String::new(), String::new())];
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    while let Some((parent, folder)) = open.pop() {
        for page in all.iter().filter(|page| above(page) == parent) {
            let slug = text(page, portal_page::SLUG.text());
            let path = match slug {
                TOP_SLUG if folder.is_empty() => TOP.to_owned(),
                _ => format!("{folder}{slug}"),
            };
            let name = path.rsplit('/').next().unwrap_or(&path);
            let file = file(page, name, usual);
            let reason = match (slug, unfit_page(&path, &file)) {
                (TOP, _) => Some(format!("no file can have it: `{TOP}` is the file of the page at the top, or of its folder")),
                (slug, _) if slug.contains('/') && slug != TOP_SLUG => Some("no file can have it: its slug contains a slash".to_owned()),
                (_, Some(reason)) => Some(format!("no file can have it: {reason}")),
                (_, None) => files.get(&same_file(&path)).map(|other| {
                    format!("its file and that of the page `{other}` differ only in upper and lower case, or in the encoding of letters")
                }),
            };
            match reason {
                Some(reason) => unfit.extend(whole_tree(all, page, reason)),
                None => {
                    files.insert(same_file(&path), path.clone());
                    open.push((page.id.clone(), format!("{path}/")));
                    environment.overrides.pages.insert(path.clone(), file);
                    environment.pages.insert(path, page.id.clone());
                }
            }
        }
    }
    // A page whose parent is not in the list was moved while the list was read.
    let is_known =
        |page: &&Remote| environment.pages.values().chain(unfit.iter().map(|(_, id, _)| id)).any(|id| *id == page.id);
    let lost: Vec<Unfit> = all
        .iter()
        .filter(|page| !is_known(page))
        .map(|page| (type_name, page.id.clone(), "the page above it was not read".to_owned()))
        .collect();
    unfit.extend(lost);
    unfit
}

/// A page that is given up, and all pages below it.
fn whole_tree(all: &[Remote], page: &Remote, reason: String) -> Vec<Unfit> {
    let type_name = portal_page::SCHEMA.type_name;
    let slug = text(page, portal_page::SLUG.text());
    let mut unfit = vec![(type_name, page.id.clone(), reason)];
    let mut at = 0;
    while let Some((_, id, _)) = unfit.get(at).cloned() {
        let below = all.iter().filter(|one| above(one) == id && one.id != page.id);
        unfit.extend(
            below.map(|one| (type_name, one.id.clone(), format!("the page `{slug}` above it is not taken over"))),
        );
        at += 1;
    }
    unfit
}

fn snippets(all: &[Remote], usual: &str, environment: &mut DraftEnvironment) -> Vec<Unfit> {
    let mut unfit = Vec::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for snippet in all {
        let name = text(snippet, portal_snippet::NAME.text());
        let file = file(snippet, name, usual);
        let reason = unfit_snippet(name, &file).map(|reason| format!("no file can have it: {reason}"));
        let reason = reason.or_else(|| {
            let other = files.get(&same_file(name))?;
            Some(format!("its file and that of the snippet `{other}` differ only in upper and lower case, or in the encoding of letters"))
        });
        if let Some(reason) = reason {
            unfit.push((portal_snippet::SCHEMA.type_name, snippet.id.clone(), reason));
            continue;
        }
        files.insert(same_file(name), name.to_owned());
        environment.overrides.snippets.insert(name.to_owned(), file);
        environment.snippets.insert(name.to_owned(), snippet.id.clone());
    }
    unfit
}

/// The text of the file that makes a page or a snippet: what Konnect has, after what the text does not say of itself.
fn file(object: &Remote, name: &str, usual_visibility: &str) -> String {
    // Both types have the same attributes for this.
    let content = text(object, portal_page::CONTENT.text());
    let is = |attribute: &str| text(object, attribute).to_owned();
    let mut settings: Map<String, Value> = Map::new();
    // What is written before the text decides first, so that the text must be sent as it is.
    let plain = file_with(content, &Map::new());
    let said = PortalText::of(&plain);
    let title = is(portal_page::TITLE.text());
    if said.title(name).ok().flatten().is_some_and(|said| said != title) {
        settings.insert("title".to_owned(), title.into());
    }
    let visibility = is(portal_page::VISIBILITY.text());
    let said_visibility = said.visibility().map(|said| said.map_or(usual_visibility, |said| said.as_str()));
    if !visibility.is_empty() && said_visibility != Ok(visibility.as_str()) {
        settings.insert("visibility".to_owned(), visibility.into());
    }
    let status = is(portal_page::STATUS.text());
    if !status.is_empty() && said.status() != Ok(status.as_str()) {
        settings.insert("status".to_owned(), status.into());
    }
    file_with(content, &settings)
}
