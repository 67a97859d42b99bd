//! Access tokens, of system accounts and of users. A token opens the organization until it expires, is revoked or is
//! deleted. It is shown once, when it is created; the store keeps a digest.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::lookups;
use super::system_accounts::SystemAccount;
use super::users;
use crate::konnect::framework::collection::{self, Listing, Paging, amend, now, pick};
use crate::konnect::framework::resource::{self, Owner, Resource};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::tokens::{digest, mint, state};
use crate::konnect::framework::{
    Answer, Call, Document, Field, Filter, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{DIGEST, PERSONAL_TOKENS, SYSTEM_ACCOUNT_TOKENS, USERS};
use crate::store::{Body, Kind, Partition, Taken, World};

const OF_ACCOUNT: &str = "/v3/system-accounts/{accountId}/access-tokens";
const ITEM_OF_ACCOUNT: &str = "/v3/system-accounts/{accountId}/access-tokens/{tokenId}";
const OF_USER: &str = "/v3/users/{userId}/access-tokens";
const ITEM_OF_USER: &str = "/v3/users/{userId}/access-tokens/{tokenId}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, OF_ACCOUNT, resource::list::<SystemAccountToken>),
    Route::post(Document::Identity, OF_ACCOUNT, create_account_token),
    Route::get(Document::Identity, ITEM_OF_ACCOUNT, resource::get::<SystemAccountToken>),
    Route::patch(Document::Identity, ITEM_OF_ACCOUNT, resource::update::<SystemAccountToken>),
    Route::delete(Document::Identity, ITEM_OF_ACCOUNT, resource::delete::<SystemAccountToken>),
    Route::get(Document::Identity, OF_USER, list_personal_tokens),
    Route::post(Document::Identity, OF_USER, create_personal_token),
    Route::get(Document::Identity, ITEM_OF_USER, resource::get::<PersonalToken>),
    Route::patch(Document::Identity, ITEM_OF_USER, resource::update::<PersonalToken>),
    Route::delete(Document::Identity, ITEM_OF_USER, resource::delete::<PersonalToken>),
    Route::patch(Document::Identity, "/v3/users/{userId}/access-tokens/{tokenId}/revoke", revoke_personal_token),
];

/// The most tokens that a user can have, as the document says.
const GREATEST_NUMBER: usize = 10;

static ACCOUNT_TOKEN: Schema = Schema {
    fields: &[Field::new("name", Is::ANY_TEXT).required(), Field::new("expires_at", Is::Time).required()],
    unknown: Unknown::Ignored,
};

static RENAME_ACCOUNT_TOKEN: Schema = Schema { fields: &[Field::new("name", Is::ANY_TEXT)], unknown: Unknown::Ignored };

const PERSONAL_NAME: Is = Is::Shaped(
    1,
    256,
    Shape { pattern: "^[\\p{L}\\p{N}][\\p{L}\\p{N} _\\-\\.']*[\\p{L}\\p{N}]$", matches: is_personal_name },
);

fn is_personal_name(text: &str) -> bool {
    let mut characters = text.chars();
    let edges = [characters.next(), characters.next_back()];
    edges.iter().all(|edge| edge.is_some_and(char::is_alphanumeric))
        && characters.all(|c| c.is_alphanumeric() || " _-.'".contains(c))
}

/// The document gives two shapes, one with each of the last two fields.
static PERSONAL_TOKEN: Schema = Schema {
    fields: &[
        Field::new("name", PERSONAL_NAME).required(),
        Field::new("expires_at", Is::Time),
        Field::new("ttl_seconds", Is::Integer(86_400, 31_536_000)),
    ],
    unknown: Unknown::Refused,
};

static RENAME_PERSONAL_TOKEN: Schema =
    Schema { fields: &[Field::new("name", PERSONAL_NAME)], unknown: Unknown::Ignored };

struct SystemAccountToken;

impl Resource for SystemAccountToken {
    const KIND: &'static Kind = &SYSTEM_ACCOUNT_TOKENS;
    const NOUN: &'static str = "token of this system account";
    const ID: &'static str = "tokenId";
    const LISTING: &'static Listing = &Listing::new(&[Filter::new("name", &["eq", "contains"])], &[]);
    const SHOWN: &'static [&'static str] = &["id", "name", "expires_at", "created_at", "updated_at"];

    fn creation(_: &Body) -> &'static Schema {
        &ACCOUNT_TOKEN
    }

    fn change(_: &Body) -> &'static Schema {
        &RENAME_ACCOUNT_TOKEN
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        let account = resource::of_path::<SystemAccount>(world, call)?;
        Ok(Some(("account_id", account.id.to_string())))
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("The system account already has a token of this name.")
    }
}

fn create_account_token(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let token = mint("spat");
    let mut fields = ACCOUNT_TOKEN.create(call.body()?)?;
    fields.insert(DIGEST.to_owned(), json!(digest(&token)));
    konnect.store.write(|world, batch| {
        let created = resource::add::<SystemAccountToken>(world, batch, call, fields)?;
        let mut shown = pick(&created, SystemAccountToken::SHOWN);
        shown.insert("token".to_owned(), json!(token));
        Ok(Answer::created(shown))
    })
}

struct PersonalToken;

impl Resource for PersonalToken {
    const KIND: &'static Kind = &PERSONAL_TOKENS;
    const NOUN: &'static str = "token of this user";
    const ID: &'static str = "tokenId";
    const LISTING: &'static Listing = &Listing::new(&[], &[]).paged(Paging::Whole);
    const SHOWN: &'static [&'static str] =
        &["id", "user_id", "name", "revoked_by", "revoked_at", "expires_at", "created_at", "updated_at"];

    fn creation(_: &Body) -> &'static Schema {
        &PERSONAL_TOKEN
    }

    fn change(_: &Body) -> &'static Schema {
        &RENAME_PERSONAL_TOKEN
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        let user = collection::find(world, &call.partition, &USERS, "user", call.id("userId")?)?;
        Ok(Some(("user_id", user.id.to_string())))
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("The user already has a token of this name.")
    }

    fn view(_: &World, _: &Partition, token: &Body) -> Value {
        let mut shown = pick(token, Self::SHOWN);
        shown.insert("state".to_owned(), json!(state(token)));
        Value::Object(shown)
    }
}

/// The document puts the page's numbers directly into `meta` here, and describes no paging.
fn list_personal_tokens(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let user = users::of_path(&world, call)?.id;
    let tokens = world.referring(&call.partition, &PERSONAL_TOKENS, "user_id", user);
    let data: Vec<Value> = tokens.map(|token| PersonalToken::view(&world, &call.partition, &token.body)).collect();
    let meta = json!({ "number": 1, "size": data.len(), "total": data.len() });
    Ok(Answer::ok(json!({ "data": data, "meta": meta })))
}

fn create_personal_token(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let token = mint("kpat");
    let mut fields = PERSONAL_TOKEN.create(call.body()?)?;
    let expires = expiry(&mut fields)?;
    fields.insert("expires_at".to_owned(), expires);
    fields.insert(DIGEST.to_owned(), json!(digest(&token)));
    konnect.store.write(|world, batch| {
        let user = users::of_path(world, call)?.id;
        if world.referring(&call.partition, &PERSONAL_TOKENS, "user_id", user).len() >= GREATEST_NUMBER {
            let detail = format!("The user already has {GREATEST_NUMBER} tokens, the maximum. Delete one first.");
            return Err(Problem::conflict(detail));
        }
        let created = resource::add::<PersonalToken>(world, batch, call, fields)?;
        let mut shown = PersonalToken::view(world, &call.partition, &created);
        shown["konnect_token"] = json!(token);
        Ok(Answer::created(shown))
    })
}

/// The time at which a token expires, from either of the two fields.
fn expiry(fields: &mut Body) -> Result<Value, Problem> {
    let refuse = |reason: &str| Problem::from(Invalid::body("ttl_seconds", Rule::Named("required"), reason));
    match (fields.remove("ttl_seconds").and_then(|seconds| seconds.as_i64()), fields.remove("expires_at")) {
        (Some(seconds), None) => {
            let expires = Timestamp::now().as_second().saturating_add(seconds);
            let expires = Timestamp::from_second(expires).unwrap_or(Timestamp::MAX);
            Ok(json!(expires.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()))
        }
        (None, Some(expires)) => Ok(expires),
        (None, None) => Err(refuse("is required unless expires_at is given")),
        (Some(_), Some(_)) => Err(refuse("cannot be given together with expires_at")),
    }
}

/// Every token of the sandbox belongs to the owner, who therefore revokes this one.
fn revoke_personal_token(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let token = resource::of_path::<PersonalToken>(world, call)?;
        let mut fields = Body::clone(&token.body);
        let owner = lookups::organization(world, &call.partition).and_then(|found| found.get("owner_id"));
        fields.entry("revoked_at").or_insert_with(|| json!(now()));
        fields.entry("revoked_by").or_insert_with(|| json!(owner));
        let fields = amend(world, batch, &call.partition, &PERSONAL_TOKENS, token, fields)?;
        Ok(Answer::ok(PersonalToken::view(world, &call.partition, &fields)))
    })
}
