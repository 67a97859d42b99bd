"""Exchanges that the checker must find invalid, and some that it must let pass. Run by `.ci/contract/run`.

They are held against documents that are written here: small, and with everything that takes the checker some care.
"""

import json
import pathlib
import tempfile
import unittest

import check
import recordings
from documents import Document, Documents, with_statuses
from judge import judge

PROBLEM = {
    "type": "object",
    "required": ["status", "title"],
    "properties": {"status": {"type": "integer"}, "title": {}},
}
ROOM = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "readOnly": True},
        "name": {"type": "string", "maxLength": 10, "pattern": r"^\p{L}+$"},
        "floor": {"type": "integer", "nullable": True},
        "example": {"type": "string"},
        "key_secret": {"type": "string", "pattern": "^[A-Za-z0-9+/=]+$", "writeOnly": True},
    },
    "additionalProperties": False,
}


DOOR = {
    "allOf": [
        {"type": "object", "properties": {"room": {"type": "string"}}},
        {"oneOf": [{"properties": {"width": {"type": "integer"}}}, {"required": ["wall"], "properties": {"wall": {}}}]},
    ]
}


def json_of(schema, media_type="application/json"):
    return {"description": "", "content": {media_type: {"schema": schema}}}


def konnect(version, prefix, regions, paths, **components):
    servers = [{"url": f"https://{region}.api.example.com{prefix}"} for region in regions]
    return {
        "openapi": version,
        "info": {"title": "", "version": ""},
        "servers": servers,
        "paths": paths,
        "components": components,
    }


ROOMS = konnect(
    "3.0.3",
    "/v3",
    ["us", "eu"],
    {
        "/rooms": {
            "get": {
                "parameters": [
                    {"name": "page[size]", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"$ref": "#/components/parameters/filter"},
                ],
                "responses": {
                    "200": json_of({"type": "array", "items": ROOM}),
                    "400": json_of(PROBLEM, "application/problem+json"),
                },
            },
            "post": {
                "security": [{"token": []}],
                "requestBody": json_of({"$ref": "#/components/schemas/Room"}),
                "responses": {
                    "201": json_of({"$ref": "#/components/schemas/Room"}),
                    "400": json_of(PROBLEM, "application/problem+json"),
                },
            },
        },
        "/rooms/{roomId}": {
            "parameters": [
                {"name": "roomId", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            ],
            "delete": {"responses": {"204": {"description": ""}, "404": {"description": ""}}},
        },
        "/rooms/mine": {"get": {"responses": {"200": json_of(ROOM)}}},
        "/rooms/mine/doors": {"get": {"responses": {"200": json_of({"type": "array", "items": DOOR})}}},
    },
    schemas={"Room": ROOM},
    securitySchemes={"token": {"type": "http", "scheme": "bearer"}},
    parameters={
        "filter": {
            "name": "filter",
            "in": "query",
            "style": "deepObject",
            "schema": {
                "type": "object",
                "properties": {
                    "name": {"type": "object", "properties": {"eq": {"type": "string"}}, "additionalProperties": False},
                    "open": {"type": "boolean"},
                    "labels": {
                        "type": "object",
                        "additionalProperties": {"$ref": "#/components/schemas/Room/properties/name"},
                    },
                },
            },
        }
    },
)
DOORS = konnect(
    "3.1.0",
    "/v2",
    ["global"],
    {
        "/doors": {
            "get": {
                "responses": {
                    "200": json_of({"type": "object", "properties": {"room": {"type": "string", "nullable": True}}})
                }
            }
        }
    },
)
GITHUB = {
    "openapi": "3.0.3",
    "info": {"title": "", "version": ""},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {
        "/repos/{repo}/contents/{path}": {
            "get": {
                "parameters": [
                    {"name": "repo", "in": "path", "required": True, "schema": {"type": "string"}},
                    {
                        "name": "path",
                        "in": "path",
                        "required": True,
                        "x-multi-segment": True,
                        "schema": {"type": "string"},
                    },
                ],
                "responses": {"200": json_of({"type": "object", "required": ["sha"]})},
            }
        }
    },
}
ID = "3f1ee387-1101-4a33-bb77-207badfe4b1c"
DOCUMENTS = Documents([Document("rooms", ROOMS), Document("doors", DOORS), Document("github", GITHUB)])


def exchange(method="GET", path="/konnect/us/v3/rooms", **more):
    """A request and its answer, by default one that is right."""
    plain = {
        "method": method,
        "url": f"http://127.0.0.1:1234{path}",
        "user_agent": None,
        "request_type": "application/json" if more.get("request_body") is not None else None,
        "request_body": None,
        "status": 200,
        "response_type": "application/json",
        "response_body": [],
        "fault": None,
    }
    return {**plain, **more}


def creation(body, **more):
    return exchange("POST", request_body=body, status=201, response_body={"id": ID, "name": "attic"}, **more)


def refusal(body, status=400, **more):
    problem = {"status": status, "title": "Bad Request"}
    return (
        creation(body)
        | {"status": status, "response_type": "application/problem+json", "response_body": problem}
        | more
    )


def verdict(recorded):
    return judge(DOCUMENTS, recordings.parse(json.dumps(recorded)))


class Judged(unittest.TestCase):
    """One exchange at a time."""

    def right(self, recorded):
        found = verdict(recorded)
        self.assertEqual((found.findings, found.apart), ((), None))

    def wrong(self, recorded, *kinds):
        self.assertEqual(tuple(f"{finding.side}: {finding.kind}" for finding in verdict(recorded).findings), kinds)

    def test_what_the_document_describes_is_right(self):
        self.right(exchange())
        self.right(exchange(response_body=[{"id": ID, "name": "attic", "floor": None}]))
        self.right(exchange(path="/konnect/us/v3/rooms?page[size]=100"))
        self.right(creation({"name": "attic"}))
        self.right(creation({"name": "attic", "example": "a field like any other"}))
        self.right(exchange("DELETE", f"/konnect/eu/v3/rooms/{ID}", status=204, response_type=None, response_body=None))

    def test_an_answer_that_breaks_its_schema_is_found(self):
        self.wrong(exchange(response_body={}), "answer: type at /")
        self.wrong(exchange(response_body=[{"id": ID}]), "answer: required at *")
        self.wrong(exchange(response_body=[{"id": "1", "name": "attic"}]), "answer: format at */id")
        area = exchange(response_body=[{"id": ID, "name": "attic", "area": 1}])
        self.wrong(area, "answer: additionalProperties at *", "answer: undeclared field */area")
        self.wrong(refusal({}, response_body={"status": 400}), "answer: required at /")

    def test_every_fault_of_an_answer_is_found(self):
        body = [{"id": "1", "name": "attic", "floor": "first"}]
        self.wrong(exchange(response_body=body), "answer: format at */id", "answer: type at */floor")

    def test_a_field_that_no_schema_names_is_found_where_the_document_does_not_forbid_it(self):
        self.wrong(
            exchange(path="/konnect/global/v2/doors", response_body={"wall": 1}), "answer: undeclared field wall"
        )
        self.right(exchange(path="/konnect/us/v3/rooms/mine/doors", response_body=[{"room": "attic", "width": 1}]))
        self.wrong(
            exchange(path="/konnect/us/v3/rooms/mine/doors", response_body=[{"room": "attic", "depth": 1}]),
            "answer: undeclared field */depth",
        )

    def test_a_status_or_a_media_type_that_is_not_documented_is_found(self):
        self.wrong(exchange(status=202), "answer: ResponseNotFound")
        self.wrong(exchange(status=500, response_type="text/plain", response_body=None), "answer: ResponseNotFound")
        self.wrong(exchange(response_type="text/html", response_body=None), "answer: media type")
        self.wrong(exchange("DELETE", f"/konnect/us/v3/rooms/{ID}", status=204), "answer: media type")
        self.wrong(exchange(response_type=None, response_body=None), "answer: MissingData")

    def test_an_error_may_explain_itself_where_its_status_alone_is_documented(self):
        self.right(exchange("DELETE", f"/konnect/us/v3/rooms/{ID}", status=404, response_body={"message": "no"}))

    def test_a_status_that_an_operation_leaves_out_is_judged_as_another_describes_it(self):
        operation = {"operationId": "close", "responses": {"204": {"description": ""}}}
        like = {"operationId": "open", "responses": {"409": json_of(PROBLEM)}}
        content = konnect("3.0.3", "/v3", ["us"], {"/doors": {"post": like, "delete": operation}})
        left_out = [{"status": 409, "operations": ["close"], "like": "open"}]
        documents = Documents([Document("doors", with_statuses(content, left_out))])
        for body, kinds in (({"status": 409, "title": ""}, []), ({}, ["required at /", "required at /"])):
            refused = exchange("DELETE", "/konnect/us/v3/doors", status=409, response_body=body)
            findings = judge(documents, recordings.parse(json.dumps(refused))).findings
            self.assertEqual([finding.kind for finding in findings], kinds)

    def test_a_request_that_was_answered_with_success_must_be_right(self):
        self.wrong(creation({"name": "attic", "id": ID}), "request: readOnly at id")
        self.wrong(creation({}), "request: required at /")
        self.wrong(creation({"name": "a room under the roof"}), "request: maxLength at name")
        self.wrong(creation({"name": "attic"}, request_type="text/plain"), "request: MediaTypeNotFound")
        self.wrong(exchange(path="/konnect/us/v3/rooms?page[size]=101"), "request: maximum at parameter page[size]")
        self.wrong(exchange(path="/konnect/us/v3/rooms?size=1"), "request: query size")
        self.wrong(exchange(request_body={}), "request: body")

    def test_a_bad_request_of_a_test_that_was_refused_is_right_and_one_of_koctl_is_not(self):
        self.right(refusal({}))
        self.wrong(refusal({}, user_agent="koctl/0.1.0"), "request: required at /")

    def test_what_was_refused_though_the_document_allows_it_is_counted(self):
        self.assertTrue(verdict(refusal({"name": "attic"})).refused)
        self.assertFalse(verdict(refusal({})).refused)

    def test_nested_parameters_are_held_against_their_schemas(self):
        rooms = "/konnect/us/v3/rooms"
        for query in ("filter[name][eq]=attic", "filter%5Bopen%5D=true", "filter[labels.owner]=attic"):
            self.right(exchange(path=f"{rooms}?{query}"))
        self.wrong(exchange(path=f"{rooms}?filter[name][neq]=attic"), "request: query filter name")
        self.wrong(exchange(path=f"{rooms}?filter[open]=perhaps"), "request: query filter open")
        self.wrong(exchange(path=f"{rooms}?filter[labels.owner]=a%20long%20name"), "request: query filter labels")
        self.wrong(exchange(path=f"{rooms}?filter[area]=1"), "request: query filter")
        self.wrong(exchange(path=f"{rooms}?filter=1"), "request: query filter")

    def test_a_secret_that_was_left_out_keeps_to_its_form_and_another_value_does_not(self):
        self.right(creation({"name": "attic", "key_secret": "(left out)"}))
        self.wrong(creation({"name": "attic", "key_secret": "(lost)"}), "request: pattern at key_secret")

    def test_the_most_literal_operation_is_the_one_that_was_asked(self):
        self.wrong(exchange(path="/konnect/us/v3/rooms/mine"), "answer: type at /")

    def test_null_is_allowed_where_a_document_of_openapi_3_1_says_so_as_in_3_0(self):
        doors = "/konnect/global/v2/doors"
        self.right(exchange(path=doors, response_body={"room": None}))
        self.wrong(exchange(path=doors, response_body={"room": 1}), "answer: type at room")

    def test_a_path_of_github_may_hold_slashes_or_be_left_out(self):
        for path in ("a/b.yaml", "a%2Fb.yaml", ""):
            self.right(exchange(path=f"/github/repos/Org/contents/{path}", response_body={"sha": "1"}))
            self.wrong(exchange(path=f"/github/repos/Org/contents/{path}", response_body={}), "answer: required at /")

    def test_what_no_document_describes_is_right_only_if_it_is_refused(self):
        nowhere = exchange(path="/konnect/us/v3/halls")
        self.wrong(nowhere, "request: operation")
        self.wrong(nowhere | {"status": 404, "user_agent": "koctl/0.1.0"}, "request: operation")
        self.assertEqual(verdict(nowhere | {"status": 404}).findings, ())
        self.wrong(exchange("PUT"), "request: operation")

    def test_another_region_is_right_only_if_it_is_refused(self):
        elsewhere = exchange(path="/konnect/global/v3/rooms")
        self.wrong(elsewhere, "request: region")
        self.assertEqual(verdict(elsewhere | {"status": 404}).findings, ())

    def test_an_answer_of_a_fault_is_not_judged_and_the_request_of_koctl_is(self):
        injected = exchange(status=503, response_body={}, fault="status")
        lost = exchange(status=None, response_type=None, response_body=None, fault="lose-answer")
        for recorded in (injected, lost):
            self.assertEqual(verdict(recorded).findings, ())
            self.assertIn("fault", verdict(recorded).apart)
        asked = exchange(path="/konnect/us/v3/rooms?size=1", user_agent="koctl/0.1.0")
        self.wrong(asked | {"fault": "status", "status": 503}, "request: query size")

    def test_a_repository_by_its_number_is_set_apart(self):
        self.assertIn("numbers", verdict(exchange(path="/github/repositories/7")).apart)
        self.assertIn("no operation", verdict(exchange(path="/github/repositories/7/x")).apart)

    def test_git_over_http_is_set_apart(self):
        self.assertIn("git", verdict(exchange(path="/github/Org/repo.git/info/refs?service=git-upload-pack")).apart)


class Checked(unittest.TestCase):
    """Whole recordings."""

    def check(self, *lines, end="\n"):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "konnect").mkdir()
            (folder / "github").mkdir()
            (folder / "konnect/rooms.yaml").write_text(json.dumps(ROOMS))
            (folder / "github/api.github.com.json").write_text(json.dumps(GITHUB))
            (folder / "1-0.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines[:-1]))
            (folder / "1-1.jsonl").write_text("".join(json.dumps(line) + end for line in lines[-1:]))
            recorded, result = check.check(folder, recordings.files(folder), 2)
            return result, "\n".join(check.report(recorded, result)).replace(str(folder), "")

    def test_nothing_is_invalid_where_everything_is_right(self):
        result, told = self.check(exchange(), creation({"name": "attic"}))
        self.assertEqual((result.judged, result.invalid), (2, 0))
        self.assertIn("2 exchanges, 2 of them different; 2 judged in both directions, of 2 operations:", told)
        self.assertTrue(told.endswith("\n0 invalid exchanges"), told)

    def test_an_invalid_exchange_is_told_with_what_is_wrong_and_where(self):
        result, told = self.check(exchange(), exchange(response_body=[{"id": ID}]), exchange())
        self.assertEqual(result.invalid, 1)
        self.assertIn("INVALID 1 times: GET /v3/rooms answer, required at *\n", told)
        self.assertIn("'name' is a required property (at 0)\n    first in /1-0.jsonl:2", told)
        self.assertTrue(told.endswith("\n1 invalid exchanges"), told)

    def test_exchanges_that_differ_in_ids_and_times_alone_are_judged_once_and_all_counted(self):
        ids = ["7f1ee387-1101-4a33-bb77-207badfe4b1c", "8f1ee387-1101-4a33-bb77-207badfe4b1c", "not an id"]
        rooms = [exchange(response_body=[{"id": one, "name": "attic"}]) for one in [*ids, ids[2]]]
        result, told = self.check(*rooms)
        self.assertEqual((result.judged, result.invalid), (4, 2))
        self.assertIn("4 exchanges, 2 of them different;", told)

    def test_a_line_that_was_cut_short_is_told_and_nothing_is_made_of_it(self):
        result, told = self.check(exchange(), exchange(), end="")
        self.assertEqual(result.judged, 1)
        self.assertIn("apart: 1 that a sandbox was killed in the middle of writing down", told)

    def test_a_finding_that_an_exception_covers_is_excused_with_its_reason(self):
        result, told = self.check(exchange(status=501))
        self.assertEqual(result.invalid, 0)
        self.assertIn("excused 1 times: the sandbox says so of what it does not offer", told)


if __name__ == "__main__":
    unittest.main()
