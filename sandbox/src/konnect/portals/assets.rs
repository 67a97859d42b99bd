//! `/portals/{portalId}/assets`: the logo and the favicon of a portal.
//!
//! The document has no answer for a portal without one, so that a new portal has an image of the sandbox.

use serde_json::json;

use super::portal::of_path;
use crate::konnect::framework::collection::{amend, create, fields};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{Answer, Call, Document, Field, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::PORTAL_ASSETS;
use crate::store::{Body, Record, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, "/v3/portals/{portalId}/assets/logo", |konnect, call| show(konnect, call, LOGO)),
    Route::put(Document::Portals, "/v3/portals/{portalId}/assets/logo", |konnect, call| replace(konnect, call, LOGO)),
    Route::get(Document::Portals, "/v3/portals/{portalId}/assets/favicon", |konnect, call| {
        show(konnect, call, FAVICON)
    }),
    Route::put(Document::Portals, "/v3/portals/{portalId}/assets/favicon", |konnect, call| {
        replace(konnect, call, FAVICON)
    }),
];

const LOGO: &str = "logo";
const FAVICON: &str = "favicon";

/// An image of one point, for a portal whose logo or favicon nobody has replaced.
const INITIAL: &str = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";

/// The media types of the document's five kinds of image.
const TYPES: [&str; 8] = ["png", "jpeg", "gif", "x-icon", "ico", "icon", "vnd.microsoft.icon", "svg+xml"];

const IMAGE: Is = Is::Shaped(
    1,
    usize::MAX,
    Shape {
        pattern: "^data:image/(png|jpeg|gif|x-icon|ico|icon|vnd.microsoft.icon|svg\\+xml)(;base64)?,(base64)$",
        matches: is_image,
    },
);

static REPLACE: Schema = Schema { fields: &[Field::new("data", IMAGE).required()], unknown: Unknown::Refused };

fn is_image(text: &str) -> bool {
    let Some((head, data)) = text.strip_prefix("data:image/").and_then(|rest| rest.split_once(',')) else {
        return false;
    };
    let digits = data.trim_end_matches('=');
    let padding = data.len() - digits.len();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    TYPES.contains(&head.strip_suffix(";base64").unwrap_or(head))
        && data.len().is_multiple_of(4)
        && padding <= 2
        && digits.bytes().all(is_digit)
}

/// The image of the portal that the path names. `None` if it was never replaced.
fn stored<'a>(world: &'a World, call: &Call, name: &str) -> Result<Option<&'a Record>, Problem> {
    let portal = of_path(world, call)?;
    let mut assets = world.referring(&call.partition, &PORTAL_ASSETS, "portal_id", portal.id);
    Ok(assets.find(|asset| asset.body["name"] == json!(name)))
}

fn show(konnect: &Konnect, call: &Call, name: &str) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let data = stored(&world, call, name)?.map_or(json!(INITIAL), |asset| asset.body["data"].clone());
    Ok(Answer::ok(json!({ "data": data })))
}

fn replace(konnect: &Konnect, call: &Call, name: &str) -> Result<Answer, Problem> {
    let sent = REPLACE.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let data = sent["data"].clone();
        match stored(world, call, name)? {
            Some(asset) => {
                let mut changed = Body::clone(&asset.body);
                changed.insert("data".to_owned(), data.clone());
                amend(world, batch, &call.partition, &PORTAL_ASSETS, asset, changed)?;
            }
            None => {
                let made = json!({ "portal_id": of_path(world, call)?.id, "name": name, "data": data });
                create(world, batch, &call.partition, &PORTAL_ASSETS, fields(made))?;
            }
        }
        Ok(Answer::ok(json!({ "data": data })))
    })
}

#[cfg(test)]
mod tests {
    use super::is_image;

    #[test]
    fn an_image_is_a_data_url_of_a_known_type_in_base64() {
        for image in ["data:image/png;base64,AAAA", "data:image/svg+xml,AA==", "data:image/ico;base64,"] {
            assert!(is_image(image), "{image}");
        }
        for other in
            ["", "data:image/webp;base64,AAAA", "data:image/png;base64,AAA", "data:image/png;base64,A===", "png"]
        {
            assert!(!is_image(other), "{other}");
        }
    }
}
