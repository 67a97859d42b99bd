//! Attribute names are checked: one that a schema does not have is refused before anything is compared.

use std::collections::BTreeMap;

use engine::schema::check;
use engine::{Attribute, Desired, Expr, Lookup, Reference, Refusal, Schema};

use crate::house::{House, address, attribute_of, page, plane, resource, team};
use crate::vendor::TYPES;

async fn refused(desired: &[Desired]) -> Vec<String> {
    let house = House::new();
    let texts = |refusals: Vec<Refusal>| refusals.iter().map(ToString::to_string).collect::<Vec<_>>();
    let planned = texts(house.try_plan(desired, Default::default()).await.unwrap_err());
    let imported = texts(house.try_import(desired, None).await.unwrap_err());
    assert_eq!(planned, imported);
    assert_eq!(house.server.take_writes(), Vec::<String>::new());
    planned
}

#[tokio::test]
async fn an_attribute_that_the_type_does_not_have_is_refused_with_the_nearest_name() {
    assert_eq!(
        refused(&[team("a").with("desciption", "x"), page("b").with("shape", "round")]).await,
        [
            "`Acme/team/a` uses the attribute `desciption`, which the type `team` does not have; did you mean \
             `description`?",
            "`Acme/page/b` uses the attribute `shape`, which the type `page` does not have",
        ]
    );
}

#[tokio::test]
async fn every_object_has_an_id_to_refer_to_and_none_to_set() {
    assert_eq!(
        refused(&[team("a").with("id", "x")]).await,
        ["`Acme/team/a` uses the attribute `id`, which the type `team` does not have"]
    );
}

#[tokio::test]
async fn a_reference_to_an_attribute_that_the_other_type_does_not_have_is_refused() {
    assert_eq!(
        refused(&[plane("p"), page("b").with("content", attribute_of("plane/p", "knd"))]).await,
        ["`Acme/page/b` uses the attribute `knd`, which the type `plane` does not have; did you mean `kind`?"]
    );
}

#[tokio::test]
async fn a_lookup_is_refused_for_each_name_that_is_not_an_attribute() {
    let lookup = Lookup {
        type_name: "service",
        within: BTreeMap::from([("plain_id", Reference::new(&address("plane/p"), "ids"))]),
        list: "tag",
        needle: "x".to_owned(),
        absent: "nothing is tagged `x` yet".to_owned(),
        advice: String::new(),
        must_exist: false,
    };
    assert_eq!(
        refused(&[plane("p"), resource("link", "x").with("service_id", Expr::Lookup(lookup))]).await,
        [
            "`Acme/link/x` uses the attribute `tag`, which the type `service` does not have; did you mean `tags`?",
            "`Acme/link/x` uses the attribute `plain_id`, which the type `service` does not have; did you mean \
             `plane_id`?",
            "`Acme/link/x` uses the attribute `ids`, which the type `plane` does not have; did you mean `id`?",
        ]
    );
}

#[test]
fn the_schemas_of_a_table_are_checked_against_each_other() {
    static WRONG: Schema = Schema {
        type_name: "wrong",
        natural_key: &["nme", "key", "id"],
        distinct: &[&["slg"], &["key"]],
        reads_after: &["wrong", "plan"],
        attributes: &[
            Attribute::plain("name"),
            Attribute::text("name"),
            Attribute::write_only("key").forces_replacement(),
        ],
        ..Schema::PLAIN
    };
    assert_eq!(check(&TYPES), Ok(()));
    assert_eq!(
        check(&[&WRONG]).unwrap_err(),
        [
            "`wrong`: the attribute `name` is there twice",
            "`wrong`: `key` is write-only, and cannot force a replacement",
            "`wrong`: `nme` of the natural key is not an attribute",
            "`wrong`: `key` is write-only, and cannot be part of the natural key",
            "`wrong`: `slg` of the distinct values is not an attribute that lists show",
            "`wrong`: `key` of the distinct values is not an attribute that lists show",
            "`wrong`: it is read after `plan`, which is not a type",
        ]
    );
    assert_eq!(
        check(&[&WRONG, &WRONG]).unwrap_err().iter().filter(|text| text.ends_with("type is there twice")).count(),
        1
    );
}
