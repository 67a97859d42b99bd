//! Labels of a repository, and of issues and pull requests.

use serde_json::{Value, json};

use super::answer::{Answer, created};
use super::clock::now;
use super::errors::ApiError;
use super::ids::node_id;
use super::links::{Links, encode_segment};
use super::metadata::Label;
use super::repository::Repo;
use super::request::ApiRequest;

const RESOURCE: &str = "Label";
/// The colour of a label without a given colour.
const GREY: &str = "ededed";

/// `POST /repos/{owner}/{repo}/labels` (issues/create-label).
pub(super) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let fields = request.fields(RESOURCE)?;
    let name = fields.required_words("name")?;
    let color = fields.text("color")?.unwrap_or(GREY);
    if color.len() != 6 || !color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(fields.invalid("color"));
    }
    if repo.metadata.label(name).is_some() {
        return Err(ApiError::validation(RESOURCE, "name", "already_exists"));
    }
    let description = fields.text("description")?.map(str::to_owned);
    let label = Label { id: repo.metadata.next_id(), name: name.to_owned(), color: color.to_owned(), description };
    let body = to_json(repo, &request.links, &label);
    repo.metadata.labels.push(label);
    repo.save()?;
    created(body)
}

/// `GET /repos/{owner}/{repo}/issues/{issue_number}/labels` (issues/list-labels-on-issue).
pub(super) fn list_on_issue(repo: &Repo, request: &ApiRequest) -> Answer {
    let issue = repo.issue(request.number("number")?)?;
    let labels: Vec<&Label> = repo.metadata.labels_of(issue).collect();
    let page = request.page(labels);
    page.respond(|label| Ok(to_json(repo, &request.links, label)))
}

/// `POST /repos/{owner}/{repo}/issues/{issue_number}/labels` (issues/add-labels). The answer holds all labels that the
/// issue has afterwards.
pub(super) fn add_to_issue(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let number = repo.issue(request.number("number")?)?.number;
    let fields = request.fields(RESOURCE)?;
    let labels = fields
        .list("labels")?
        .filter(|labels| !labels.is_empty())
        .ok_or_else(|| ApiError::validation(RESOURCE, "labels", "missing_field"))?;
    let ids = ids_of(repo, labels)?;
    if let Some(issue) = repo.metadata.issues.get_mut(&number) {
        for id in ids {
            if !issue.labels.contains(&id) {
                issue.labels.push(id);
                issue.updated_at = now();
            }
        }
    }
    repo.save()?;
    list_on_issue(repo, request)
}

/// The ids of labels given by name, or as objects with a name. As on GitHub, labels that do not exist are created.
pub(super) fn ids_of(repo: &mut Repo, labels: &[Value]) -> Result<Vec<u64>, ApiError> {
    let mut ids = Vec::new();
    for label in labels {
        let name = label.as_str().or_else(|| label["name"].as_str());
        let name = name
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| ApiError::validation(RESOURCE, "name", "invalid"))?;
        let id = match repo.metadata.label(name) {
            Some(label) => label.id,
            None => {
                let id = repo.metadata.next_id();
                repo.metadata.labels.push(Label {
                    id,
                    name: name.to_owned(),
                    color: GREY.to_owned(),
                    description: None,
                });
                id
            }
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The schema `label`.
pub(super) fn to_json(repo: &Repo, links: &Links, label: &Label) -> Value {
    let name = encode_segment(&label.name);
    json!({
        "id": label.id,
        "node_id": node_id("Label", label.id),
        "url": links.repo(&repo.name, &format!("/labels/{name}")),
        "name": label.name,
        "description": label.description,
        "color": label.color,
        "default": false,
    })
}
