//! The judge of the rules: pairs of documents with what each pair must report, of every rule at least one.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spec_diff::{Rule, Severity, compare};

/// A document with one operation, `POST /orders`.
fn operation(version: &str, operation: Value) -> Value {
    json!({"openapi": version, "paths": {"/orders": {"post": operation}}})
}

/// The same, with a request body of a schema.
fn request(schema: Value) -> Value {
    with_schemas("3.1.0", schema, json!(null), json!({}))
}

/// The same, with a response of a schema.
fn response(schema: Value) -> Value {
    with_schemas("3.1.0", json!(null), schema, json!({}))
}

/// The same, with a request and a response, where they are not null, and with named schemas.
fn with_schemas(version: &str, sent: Value, received: Value, named: Value) -> Value {
    let content = |schema: Value| json!({"content": {"application/json": {"schema": schema}}});
    let mut value = json!({"responses": {"200": {}}});
    if !sent.is_null() {
        value["requestBody"] = content(sent);
    }
    if !received.is_null() {
        value["responses"]["200"] = content(received);
    }
    let mut document = operation(version, value);
    document["components"] = json!({"schemas": named});
    document
}

/// The changes as `rule | text`.
fn lines(old: &Value, new: &Value) -> Vec<String> {
    compare(old, new).all().iter().map(|change| format!("{} | {change}", change.rule.id())).collect()
}

/// Checks that a pair has exactly these changes, in any order.
#[track_caller]
fn judge(name: &str, old: &Value, new: &Value, expected: &[&str], seen: &mut BTreeSet<&'static str>) {
    let actual: BTreeSet<String> = lines(old, new).into_iter().collect();
    let wanted: BTreeSet<String> = expected.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(actual, wanted, "{name}");
    seen.extend(compare(old, new).all().iter().map(|change| change.rule.id()));
    assert_eq!(lines(old, old), Vec::<String>::new(), "{name}: the old document does not differ from itself");
    assert_eq!(lines(new, new), Vec::<String>::new(), "{name}: the new document does not differ from itself");
}

/// Rows of `name, old, new => expected lines`.
macro_rules! pairs {
    ($seen:ident, $make:expr; $($name:literal: $old:tt, $new:tt => [$($line:literal),* $(,)?];)*) => {
        $(judge($name, &$make(json!($old)), &$make(json!($new)), &[$($line),*], $seen);)*
    };
}

fn schemas_of_requests(seen: &mut BTreeSet<&'static str>) {
    pairs! { seen, request;
        "nothing": {"type": "string"}, {"type": "string"} => [];
        "texts for people": {"type": "string", "description": "a", "example": 1}, {"type": "string", "title": "b"} => [];
        "a type changes": {"type": "string"}, {"type": "integer"} =>
            ["request-value-narrowed | POST /orders: request body changed from string to integer"];
        "a type is added": {"type": "string"}, {"type": ["string", "integer"]} =>
            ["request-value-widened | POST /orders: request body changed from string to integer or string"];
        "an integer may be a number": {"type": "integer"}, {"type": "number"} =>
            ["request-value-widened | POST /orders: request body changed from integer to number"];
        "a number must be an integer": {"type": "number"}, {"type": "integer"} =>
            ["request-value-narrowed | POST /orders: request body changed from number to integer"];
        "null is refused": {"type": ["string", "null"]}, {"type": "string"} =>
            ["request-value-narrowed | POST /orders: request body changed from null or string to string"];
        "null is accepted": {"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]} =>
            ["request-value-widened | POST /orders: request body changed from string to null or string"];
        "a type is written that was meant": {"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}} => [];
        "a format is set": {"type": "string"}, {"type": "string", "format": "uuid"} =>
            ["request-value-narrowed | POST /orders: request body changed from no format to format uuid"];
        "a format is lifted": {"type": "string", "format": "uuid"}, {"type": "string"} =>
            ["request-value-widened | POST /orders: request body changed from format uuid to no format"];
        "longer integers": {"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"} =>
            ["request-value-widened | POST /orders: request body changed from format int32 to format int64"];
        "shorter integers": {"type": "integer", "format": "int64"}, {"type": "integer", "format": "int32"} =>
            ["request-value-narrowed | POST /orders: request body changed from format int64 to format int32"];
        "a value goes": {"enum": ["a", "b"]}, {"enum": ["a"]} =>
            ["request-enum-removed | POST /orders: request body no longer has the value `\"b\"`"];
        "a value comes": {"enum": ["a"]}, {"enum": ["a", "b"]} =>
            ["request-enum-added | POST /orders: request body has the new value `\"b\"`"];
        "values are listed": {"type": "string"}, {"type": "string", "enum": ["a"]} =>
            ["request-enum-removed | POST /orders: request body is restricted to `\"a\"`"];
        "values are no longer listed": {"enum": ["a"]}, {} =>
            ["request-enum-added | POST /orders: request body is no longer restricted to `\"a\"`"];
        "a constant is a list of one": {"const": "a"}, {"enum": ["a"]} => [];
        "a limit is set": {"type": "string"}, {"type": "string", "maxLength": 5} =>
            ["request-limited | POST /orders: request body `maxLength` was set to 5"];
        "a limit is tightened": {"minimum": 1}, {"minimum": 2} =>
            ["request-limited | POST /orders: request body `minimum` changed from 1 to 2"];
        "a limit is relaxed": {"maximum": 1}, {"maximum": 2} =>
            ["request-limit-lifted | POST /orders: request body `maximum` changed from 1 to 2"];
        "a limit becomes exclusive": {"minimum": 1}, {"exclusiveMinimum": 1} =>
            ["request-limited | POST /orders: request body `minimum` changed from 1 to 1 (exclusive)"];
        "a limit is lifted": {"maxItems": 3}, {} =>
            ["request-limit-lifted | POST /orders: request body `maxItems` of 3 was lifted"];
        "a limit that restricts nothing": {"type": "string"}, {"type": "string", "minLength": 0} => [];
        "multiples": {"multipleOf": 10}, {"multipleOf": 5} =>
            ["request-limit-lifted | POST /orders: request body `multipleOf` changed from 10 to 5"];
        "other multiples": {"multipleOf": 10}, {"multipleOf": 3} =>
            ["request-limited | POST /orders: request body `multipleOf` changed from 10 to 3"];
        "elements must be unique": {"type": "array"}, {"type": "array", "uniqueItems": true} =>
            ["request-limited | POST /orders: request body elements must be unique"];
        "a pattern is set": {"type": "string"}, {"type": "string", "pattern": "^a"} =>
            ["request-limited | POST /orders: request body has another pattern: `^a`"];
        "a pattern is lifted": {"type": "string", "pattern": "^a"}, {"type": "string"} =>
            ["request-limit-lifted | POST /orders: request body has another pattern: none"];
        "a property must be sent": {"properties": {"a": {}}}, {"properties": {"a": {}}, "required": ["a"]} =>
            ["request-property-required | POST /orders: request body, `a` became required"];
        "a property that must be sent is new, and has a default":
            {"properties": {}}, {"properties": {"a": {"default": 1}}, "required": ["a"]} =>
            ["request-property-required | POST /orders: request body, `a` was added and is required"];
        "a property that must be sent is for reading only":
            {"properties": {}}, {"properties": {"a": {"readOnly": true}}, "required": ["a"]} => [];
        "a property may be left out": {"properties": {"a": {}}, "required": ["a"]}, {"properties": {"a": {}}} =>
            ["request-property-optional | POST /orders: request body, `a` became optional"];
        "a property goes": {"properties": {"a": {}, "b": {}}}, {"properties": {"a": {}}} =>
            ["request-property-removed | POST /orders: request body, `b` is gone"];
        "a property goes and is refused":
            {"properties": {"a": {}}, "additionalProperties": false}, {"properties": {}, "additionalProperties": false} =>
            ["request-property-removed | POST /orders: request body, `a` is gone, and no longer accepted"];
        "a property comes": {"properties": {}}, {"properties": {"a": {}}} =>
            ["request-property-added | POST /orders: request body, `a` was added"];
        "a property deep within": {"properties": {"a": {"items": {"properties": {"b": {"type": "string"}}}}}},
            {"properties": {"a": {"items": {"properties": {"b": {"type": "boolean"}}}}}} =>
            ["request-value-narrowed | POST /orders: request body, `a[].b` changed from string to boolean"];
        "other properties are refused": {"type": "object"}, {"type": "object", "additionalProperties": false} =>
            ["request-closed | POST /orders: request body has no properties except the described ones"];
        "other properties are accepted": {"type": "object", "additionalProperties": false}, {"type": "object"} =>
            ["request-opened | POST /orders: request body may have properties that are not described"];
        "other properties change": {"type": "object", "additionalProperties": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "number"}} =>
            ["request-value-narrowed | POST /orders: request body, `*` changed from string to number"];
        "a default changes": {"type": "integer", "default": 1}, {"type": "integer", "default": 2} =>
            ["default-changed | POST /orders: request body has another default: 2 instead of 1"];
        "a form goes": {"oneOf": [{"title": "A"}, {"title": "B"}]}, {"oneOf": [{"title": "A"}]} =>
            ["request-alternative-removed | POST /orders: request body no longer has the form `B`"];
        "a form comes": {"title": "A", "type": "string"},
            {"oneOf": [{"title": "A", "type": "string"}, {"title": "B", "type": "integer"}]} =>
            ["request-alternative-added | POST /orders: request body has the new form `B`"];
        "a form changes": {"oneOf": [{"title": "A", "maxLength": 3}, {"title": "B"}]},
            {"oneOf": [{"title": "B"}, {"title": "A", "maxLength": 2}]} =>
            ["request-limited | POST /orders: request body `maxLength` changed from 3 to 2"];
        "parts of allOf are one": {"allOf": [{"properties": {"a": {}}}, {"required": ["a"]}]},
            {"properties": {"a": {}}, "required": ["a"]} => [];
        "a part of allOf restricts": {"allOf": [{"properties": {"a": {"type": "string"}}}]},
            {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"maxLength": 2}}}]} =>
            ["request-limited | POST /orders: request body, `a` `maxLength` was set to 2"];
        "first elements": {"prefixItems": [{"type": "string"}]}, {"prefixItems": [{"type": "boolean"}]} =>
            ["request-value-narrowed | POST /orders: request body, `[0]` changed from string to boolean"];
        "no rule": {"not": {"type": "string"}}, {"not": {"type": "integer"}} =>
            ["not-judged | POST /orders: request body has another `not`"];
        "another file": {"$ref": "a.yaml"}, {"$ref": "b.yaml"} =>
            ["not-judged | POST /orders: request body has another `$ref`"];
        "the same other file": {"$ref": "a.yaml"}, {"$ref": "a.yaml"} => [];
    }
}

fn schemas_of_responses(seen: &mut BTreeSet<&'static str>) {
    pairs! { seen, response;
        "a type is added": {"type": "string"}, {"type": ["string", "integer"]} =>
            ["response-value-widened | POST /orders: response 200 changed from string to integer or string"];
        "a type goes": {"type": ["string", "integer"]}, {"type": "string"} =>
            ["response-value-narrowed | POST /orders: response 200 changed from integer or string to string"];
        "an integer may be a number": {"type": "integer"}, {"type": "number"} =>
            ["response-value-widened | POST /orders: response 200 changed from integer to number"];
        "null may come": {"type": "string"}, {"type": ["string", "null"]} =>
            ["response-value-widened | POST /orders: response 200 changed from string to null or string"];
        "longer integers": {"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"} =>
            ["response-value-widened | POST /orders: response 200 changed from format int32 to format int64"];
        "a value comes": {"enum": ["a"]}, {"enum": ["a", "b"]} =>
            ["response-enum-added | POST /orders: response 200 has the new value `\"b\"`"];
        "a value goes": {"enum": ["a", "b"]}, {"enum": ["a"]} =>
            ["response-enum-removed | POST /orders: response 200 no longer has the value `\"b\"`"];
        "a limit is lifted": {"maxLength": 5}, {} =>
            ["response-limit-lifted | POST /orders: response 200 `maxLength` of 5 was lifted"];
        "a limit is set": {}, {"maxLength": 5} =>
            ["response-limited | POST /orders: response 200 `maxLength` was set to 5"];
        "a promised property goes": {"properties": {"a": {}}, "required": ["a"]}, {"properties": {}} =>
            ["response-property-removed | POST /orders: response 200, `a` is gone"];
        "a property is no longer promised": {"properties": {"a": {}}, "required": ["a"]}, {"properties": {"a": {}}} =>
            ["response-property-removed | POST /orders: response 200, `a` became optional"];
        "a property goes that was not promised": {"properties": {"a": {}}}, {"properties": {}} =>
            ["response-optional-property-removed | POST /orders: response 200, `a` is gone"];
        "a property comes": {"properties": {}}, {"properties": {"a": {}}} =>
            ["response-property-added | POST /orders: response 200, `a` was added"];
        "a property is for writing only": {"properties": {"a": {}}, "required": ["a"]},
            {"properties": {"a": {"writeOnly": true}}, "required": ["a"]} =>
            ["response-property-removed | POST /orders: response 200, `a` is gone"];
        "a form comes": {"anyOf": [{"title": "A"}]}, {"anyOf": [{"title": "A"}, {"title": "B"}]} =>
            ["response-alternative-added | POST /orders: response 200 has the new form `B`"];
        "a form goes": {"anyOf": [{"title": "A"}, {"title": "B"}]}, {"anyOf": [{"title": "A"}]} =>
            ["response-alternative-removed | POST /orders: response 200 no longer has the form `B`"];
        "other properties may come": {"type": "object", "additionalProperties": false}, {"type": "object"} =>
            ["response-opened | POST /orders: response 200 may have properties that are not described"];
        "no other properties come": {"type": "object"}, {"type": "object", "additionalProperties": false} =>
            ["response-closed | POST /orders: response 200 has no properties except the described ones"];
    }
}

fn operations(seen: &mut BTreeSet<&'static str>) {
    let post = |value: Value| operation("3.0.3", value);
    let query = |parameter: Value| operation("3.0.3", json!({"parameters": [parameter]}));
    let responses = |value: Value| operation("3.0.3", json!({"responses": value}));
    pairs! { seen, post;
        "descriptions": {"summary": "a", "tags": ["x"]}, {"description": "b"} => [];
        "deprecated": {}, {"deprecated": true} => ["operation-deprecated | POST /orders: is deprecated"];
        "another name": {"operationId": "a"}, {"operationId": "b"} =>
            ["operation-id-changed | POST /orders: has the `operationId` `b` instead of `a`"];
        "a parameter goes": {"parameters": [{"in": "query", "name": "a"}]}, {} =>
            ["parameter-removed | POST /orders: query parameter `a` is gone"];
        "a parameter comes": {}, {"parameters": [{"in": "query", "name": "a"}]} =>
            ["parameter-added | POST /orders: query parameter `a` was added"];
        "a parameter comes and must be sent": {}, {"parameters": [{"in": "cookie", "name": "a", "required": true}]} =>
            ["parameter-required | POST /orders: cookie `a` was added and is required"];
        "headers have no case": {"parameters": [{"in": "header", "name": "X-Trace"}]},
            {"parameters": [{"in": "header", "name": "x-trace"}]} => [];
        "a header that is no parameter": {}, {"parameters": [{"in": "header", "name": "Accept", "required": true}]} => [];
        "a body comes and must be sent": {}, {"requestBody": {"required": true, "content": {}}} =>
            ["body-required | POST /orders: request body was added and is required"];
        "a body must be sent": {"requestBody": {}}, {"requestBody": {"required": true}} =>
            ["body-required | POST /orders: request body became required"];
        "a body may be left out": {"requestBody": {"required": true}}, {"requestBody": {}} =>
            ["body-optional | POST /orders: request body became optional"];
        "a body goes": {"requestBody": {}}, {} => ["body-removed | POST /orders: request body is gone"];
        "a media type goes, another comes": {"requestBody": {"content": {"text/csv": {}}}},
            {"requestBody": {"content": {"application/xml": {}}}} =>
            ["request-type-removed | POST /orders: request body no longer has the media type text/csv",
             "request-type-added | POST /orders: request body has the new media type application/xml"];
        "a range includes a media type": {"requestBody": {"content": {"text/csv; charset=utf-8": {}}}},
            {"requestBody": {"content": {"text/*": {}, "text/csv": {}}}} =>
            ["request-type-added | POST /orders: request body has the new media type text/*"];
        "a callback is no longer sent": {"callbacks": {"done": {"{$request.body#/url}": {"post": {}}}}}, {} =>
            ["webhook-removed | POST /orders, callback done: POST {$request.body#/url}: is gone"];
        "a callback sends less": {"callbacks": {"done": {"/x": {"post": {"requestBody": {"content": {"application/json":
            {"schema": {"properties": {"a": {}}, "required": ["a"]}}}}}}}}},
            {"callbacks": {"done": {"/x": {"post": {"requestBody": {"content": {"application/json":
            {"schema": {"properties": {}}}}}}}}}} =>
            ["response-property-removed | POST /orders, callback done: POST /x: request body, `a` is gone"];
    }
    pairs! { seen, query;
        "it must be sent": {"in": "query", "name": "a"}, {"in": "query", "name": "a", "required": true} =>
            ["parameter-required | POST /orders: query parameter `a` became required"];
        "it may be left out": {"in": "query", "name": "a", "required": true}, {"in": "query", "name": "a"} =>
            ["parameter-optional | POST /orders: query parameter `a` became optional"];
        "it is written in another way": {"in": "query", "name": "a"}, {"in": "query", "name": "a", "explode": false} =>
            ["parameter-style | POST /orders: query parameter `a` is written in another way"];
        "the default way is written": {"in": "query", "name": "a"},
            {"in": "query", "name": "a", "style": "form", "explode": true} => [];
        "its schema": {"in": "query", "name": "a", "schema": {"type": "string"}},
            {"in": "query", "name": "a", "content": {"application/json": {"schema": {"type": "object"}}}} =>
            ["parameter-style | POST /orders: query parameter `a` is written in another way",
             "request-value-narrowed | POST /orders: query parameter `a` changed from string to object"];
    }
    pairs! { seen, responses;
        "a success goes": {"200": {}, "201": {}}, {"200": {}} =>
            ["success-removed | POST /orders: response 201 is gone"];
        "a failure goes": {"404": {}}, {} => ["error-removed | POST /orders: response 404 is gone"];
        "a class includes a status": {"200": {}}, {"2XX": {}} =>
            ["response-added | POST /orders: response 2XX was added"];
        "a media type goes": {"200": {"content": {"text/csv": {}, "text/html": {}}}}, {"200": {"content": {"text/csv": {}}}} =>
            ["response-type-removed | POST /orders: response 200 no longer has the media type text/html"];
        "a media type comes": {"200": {"content": {}}}, {"200": {"content": {"text/csv": {}}}} =>
            ["response-type-added | POST /orders: response 200 has the new media type text/csv"];
        "a promised header goes": {"200": {"headers": {"ETag": {"required": true}}}}, {"200": {}} =>
            ["header-removed | POST /orders: response 200, header `ETag` is gone"];
        "a header goes": {"200": {"headers": {"ETag": {}}}}, {"200": {}} =>
            ["optional-header-removed | POST /orders: response 200, header `ETag` is gone"];
        "a header comes": {"200": {}}, {"200": {"headers": {"ETag": {}}}} =>
            ["header-added | POST /orders: response 200, header `ETag` was added"];
    }
}

fn documents(seen: &mut BTreeSet<&'static str>) {
    let whole = |value: Value| value;
    pairs! { seen, whole;
        "nothing at all": {}, {} => [];
        "an operation goes": {"paths": {"/a": {"get": {}, "put": {}}}}, {"paths": {"/a": {"get": {}}}} =>
            ["operation-removed | PUT /a: is gone"];
        "operations go, each by itself": {"paths": {"/a": {"get": {}, "put": {}}}}, {"paths": {}} =>
            ["operation-removed | GET /a: is gone", "operation-removed | PUT /a: is gone"];
        "several operations change alike":
            {"paths": {"/a": {"get": {}, "put": {}}}}, {"security": [{"k": []}], "paths": {"/a": {"get": {}, "put": {}}}} =>
            ["security-required | GET /a and 1 more: needs a sign-in"];
        "an operation comes": {"paths": {}}, {"paths": {"/a": {"get": {}}}} => ["operation-added | GET /a: was added"];
        "a path parameter has another name":
            {"paths": {"/a/{id}": {"get": {"parameters": [{"in": "path", "name": "id", "required": true}]}}}},
            {"paths": {"/a/{key}": {"get": {"parameters": [{"in": "path", "name": "key", "required": true}]}}}} => [];
        "a parameter of the path item":
            {"paths": {"/a": {"parameters": [{"in": "query", "name": "q"}], "get": {}}}},
            {"paths": {"/a": {"get": {"parameters": [{"in": "query", "name": "q"}]}}}} => [];
        "a webhook goes": {"webhooks": {"done": {"post": {}}}}, {} => ["webhook-removed | webhook POST done: is gone"];
        "a webhook comes": {}, {"webhooks": {"done": {"post": {}}}} => ["webhook-added | webhook POST done: was added"];
        "a server": {"servers": [{"url": "https://a.example/v1/"}]}, {"servers": [{"url": "https://a.example/v2"}]} =>
            ["server-removed | the server https://a.example/v1 is gone",
             "server-added | the server https://a.example/v2 was added"];
        "a sign-in is needed":
            {"paths": {"/a": {"get": {}}}}, {"security": [{"key": []}], "paths": {"/a": {"get": {}}}} =>
            ["security-required | GET /a: needs a sign-in"];
        "no sign-in is needed":
            {"security": [{"key": []}], "paths": {"/a": {"get": {}}}},
            {"security": [{"key": []}], "paths": {"/a": {"get": {"security": []}}}} =>
            ["security-opened | GET /a: needs no sign-in any more"];
        "a scope more":
            {"paths": {"/a": {"get": {"security": [{"o": ["read"]}]}}}},
            {"paths": {"/a": {"get": {"security": [{"o": ["read", "write"]}]}}}} =>
            ["security-required | GET /a: no longer accepts one of its ways to sign in as it was"];
        "a scope less":
            {"paths": {"/a": {"get": {"security": [{"o": ["read", "write"]}]}}}},
            {"paths": {"/a": {"get": {"security": [{"o": ["read"]}]}}}} =>
            ["security-added | GET /a: accepts a further way to sign in, or fewer scopes"];
        "a scheme has another name":
            {"security": [{"a": []}], "components": {"securitySchemes": {"a": {"type": "http", "scheme": "bearer"}}},
             "paths": {"/a": {"get": {}}}},
            {"security": [{"b": []}], "components": {"securitySchemes": {"b": {"type": "http", "scheme": "Bearer"}}},
             "paths": {"/a": {"get": {}}}} => [];
        "a scheme is another":
            {"security": [{"a": []}], "components": {"securitySchemes": {"a": {"type": "http", "scheme": "basic"}}},
             "paths": {"/a": {"get": {}}}},
            {"security": [{"a": []}], "components": {"securitySchemes": {"a": {"type": "http", "scheme": "bearer"}}},
             "paths": {"/a": {"get": {}}}} =>
            ["security-required | GET /a: no longer accepts one of its ways to sign in as it was"];
        "OpenAPI 3.1 in place of 3.0":
            {"openapi": "3.0.3", "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json":
                {"schema": {"type": "integer", "nullable": true, "minimum": 1, "exclusiveMinimum": true}}}}}}}}},
            {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json":
                {"schema": {"type": ["integer", "null"], "exclusiveMinimum": 1}}}}}}}}} => [];
    }
}

/// Named schemas: what changed in one is reported once, with the operations that use it.
#[test]
fn a_change_of_a_named_schema_is_reported_once_with_its_operations() {
    let document = |kind: &str| {
        let of = |name: &str| {
            json!({"responses": {"200": {"content": {"application/json": {"schema":
            {"$ref": format!("#/components/schemas/{name}")}}}}}})
        };
        json!({
            "openapi": "3.1.0",
            "paths": {"/orders": {"get": of("Orders"), "post": of("Order")}, "/other": {"get": of("Other")}},
            "components": {"schemas": {
                "Orders": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
                "Order": {"properties": {"lines": {"type": "array", "items": {"properties": {"price": {"type": kind}}}}}},
                "Other": {"type": "string"},
            }},
        })
    };
    let changes = compare(&document("number"), &document("string"));
    let [change] = changes.all() else { panic!("{changes:?}") };
    assert_eq!(change.rule, Rule::ResponseTypeWidened);
    assert_eq!(change.place, "`Order.lines[].price` in responses");
    assert_eq!(change.operations, ["GET /orders", "POST /orders"]);
    assert_eq!(
        change.to_string(),
        "GET /orders and 1 more: `Order.lines[].price` in responses changed from number to string"
    );
}

/// The same schema is judged in both directions.
#[test]
fn a_schema_of_request_and_response_is_judged_in_each_direction() {
    let document = |schema: Value| {
        let named = json!({"$ref": "#/components/schemas/Order"});
        with_schemas("3.1.0", named.clone(), named, json!({"Order": schema}))
    };
    let (narrow, wide) = (document(json!({"enum": ["a"]})), document(json!({"enum": ["a", "b"]})));
    assert_eq!(
        lines(&narrow, &wide),
        [
            "response-enum-added | POST /orders: `Order` in responses has the new value `\"b\"`",
            "request-enum-added | POST /orders: `Order` in requests has the new value `\"b\"`",
        ]
    );
    assert_eq!(
        lines(&wide, &narrow),
        [
            "request-enum-removed | POST /orders: `Order` in requests no longer has the value `\"b\"`",
            "response-enum-removed | POST /orders: `Order` in responses no longer has the value `\"b\"`",
        ]
    );
}

#[test]
fn schemas_that_contain_themselves_come_to_an_end() {
    let document = |kind: &str| {
        let named = json!({"$ref": "#/components/schemas/Tree"});
        let tree = json!({"properties": {"leaf": {"type": kind}, "children": {"items": named},
            "parent": {"allOf": [named, {"required": ["leaf"]}]}}});
        with_schemas("3.1.0", named.clone(), json!(null), json!({"Tree": tree}))
    };
    let found = lines(&document("string"), &document("integer"));
    assert_eq!(
        found[0],
        "request-value-narrowed | POST /orders: `Tree.leaf` in requests changed from string to integer"
    );
    assert!(found.len() < 10, "{found:?}");
}

/// Chains of schemas far longer than any stack are passed over with a word about it.
#[test]
fn schemas_beyond_the_limit_are_reported_as_not_judged() {
    let document = |kind: &str| {
        let mut named = json!({"S9999": {"type": kind}});
        for at in 0..9999 {
            named[format!("S{at}")] =
                json!({"properties": {"a": {"$ref": format!("#/components/schemas/S{}", at + 1)}}});
        }
        with_schemas("3.1.0", json!({"$ref": "#/components/schemas/S0"}), json!(null), named)
    };
    let found = lines(&document("string"), &document("integer"));
    assert!(found[0].starts_with("not-judged | "), "{found:?}");
    assert_eq!(found.len(), 1);
}

#[test]
fn every_pair_reports_what_it_must_and_every_rule_has_a_pair() {
    let seen = &mut BTreeSet::new();
    schemas_of_requests(seen);
    schemas_of_responses(seen);
    operations(seen);
    documents(seen);
    let all: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(all.difference(seen).copied().collect::<Vec<_>>(), Vec::<&str>::new(), "rules without a pair");
}

#[test]
fn what_breaks_comes_first() {
    let old = json!({"paths": {"/a": {"get": {}}, "/b": {"get": {}}}});
    let new = json!({"paths": {"/b": {"get": {"deprecated": true}}, "/c": {"get": {}}}});
    let changes = compare(&old, &new);
    assert!(changes.is_breaking());
    let severities: Vec<Severity> = changes.all().iter().map(spec_diff::Change::severity).collect();
    assert_eq!(severities, [Severity::Breaking, Severity::Warning, Severity::Compatible]);
    assert!(compare(&old, &old).is_empty());
}
