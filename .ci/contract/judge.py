"""Holds one exchange against the operation that it is one of."""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from jsonschema.exceptions import best_match
from openapi_core.datatypes import RequestParameters
from openapi_schema_validator import OAS30WriteValidator, oas30_format_checker
from werkzeug.datastructures import Headers, ImmutableMultiDict

from documents import DESERIALIZERS, SERVER, Misplaced, resolve
from undeclared import undeclared

REQUEST, ANSWER = "request", "answer"


@dataclass(frozen=True)
class Finding:
    """What of an exchange its document does not allow."""

    side: str
    # Where in the body or among the parameters, and which rule it breaks: what is the same for all findings of a kind.
    kind: str
    # The same with the value at hand.
    message: str


class Request:
    """A request as openapi-core asks for one."""

    host_url = SERVER

    def __init__(self, operation, path, query, exchange):
        self.method = operation.method
        self.path = path
        self.full_url_pattern = SERVER + path
        declared = ImmutableMultiDict((name, value) for name, value in query if ("query", name) in operation.parameters)
        self.parameters = RequestParameters(query=declared, header=Headers(), cookie=ImmutableMultiDict())
        self.body = None if exchange.request_body is None else json.dumps(exchange.request_body).encode()
        self.content_type = exchange.request_type or ""


class Answer:
    """An answer as openapi-core asks for one."""

    # Headers are no part of a recording, and the documents require none.
    headers = Headers()

    def __init__(self, exchange):
        self.status_code = exchange.status
        self.data = b"" if exchange.response_body is None else json.dumps(exchange.response_body).encode()
        self.content_type = exchange.response_type or ""


@dataclass(frozen=True)
class Verdict:
    """What was judged of an exchange, and what is wrong with it."""

    # What it was instead, where it is none of an operation or its answer is a fault's.
    apart: str | None = None
    operation: object = None
    findings: tuple = ()
    # Whether it was refused though the document allows it. That may well be right: no schema knows what exists.
    refused: bool = False


def judge(documents, exchange):
    """The verdict on an exchange.

    An answer must be one that the operation documents. A request must be one that the document allows where it was
    answered with success, and whatever the answer where koctl sent it: tests may send bad requests, koctl never.
    """
    url = urlsplit(exchange.url)
    succeeded = exchange.status is not None and exchange.status < 400
    must_be_right = succeeded or exchange.is_of_koctl
    try:
        operation, path = documents.find(exchange.method, url.path)
    except Misplaced as misplaced:
        found = (Finding(REQUEST, "region", str(misplaced)),) if must_be_right else ()
        return Verdict(apart="in a region that does not have the operation", findings=found)
    if operation is None:
        return undocumented(exchange, url, must_be_right)

    query = parse_qsl(url.query, keep_blank_values=True)
    request = Request(operation, path, query, exchange)
    in_request = tuple(request_findings(operation, request, query, exchange))
    answered = exchange.status is not None and exchange.fault is None
    in_answer = tuple(answer_findings(operation, request, exchange)) if answered else ()
    return Verdict(
        apart=None if answered else f"with an answer that a fault gave or took ({exchange.fault})",
        operation=operation,
        findings=(in_request if must_be_right else ()) + in_answer,
        refused=answered and exchange.status in {400, 422} and not in_request,
    )


def undocumented(exchange, url, must_be_right):
    """The verdict on what no document has."""
    # On GitHub these are not below the address of the API either.
    if url.path.startswith("/github/") and ".git/" in url.path:
        return Verdict(apart="of git over HTTP")
    if url.path.startswith("/github/raw/"):
        return Verdict(apart="of plain files, where the addresses in GitHub's answers lead")
    # What the real GitHub has no API for.
    if url.path.startswith("/github/_sandbox/"):
        return Verdict(apart="of the sandbox's own accounts and apps")
    # The pages of pull requests, where the addresses in GitHub's answers lead.
    if re.match(r"^/github/[^/]+/[^/]+/(pulls$|pull/\d+$)", url.path):
        return Verdict(apart="of the pages of pull requests")
    # GitHub describes signing in, and these two of an installation, in prose or in a part that is not here.
    if re.match(r"^/github/(login/|avatars/|orgs/[^/]+/sso$|installation/(repositories|token)$)", url.path):
        return Verdict(apart="of signing in, which GitHub describes in prose")
    if re.match(r"^/github/repos/[^/]+/[^/]+/hooks/\d+/deliveries", url.path):
        return Verdict(apart="of deliveries of webhooks, a part of GitHub's document that is not here")
    # GitHub answers for the old name of a repository with a redirect to its number, which it documents in prose only.
    if exchange.method == "GET" and re.fullmatch(r"/github/repositories/\d+", url.path):
        return Verdict(apart="of repositories by their numbers, where the redirects of renamed ones lead")
    # What decK asks for: older addresses of what a document describes, and parts of the gateway that none does.
    if exchange.method == "GET" and re.fullmatch(
        r"/konnect/[^/]+/(v2/organizations/me|konnect-api/api/runtime_groups"
        r"|v2/control-planes/[^/]+/core-entities/(filter-chains|v1/schemas/json/[^/]+))",
        url.path,
    ):
        return Verdict(apart="of what decK asks for, which no document describes")
    finding = Finding(REQUEST, "operation", f"no document has {exchange.method} {url.path}")
    return Verdict(apart="of no operation of a document", findings=(finding,) if must_be_right else ())


def request_findings(operation, request, query, exchange):
    """What of a request the document does not allow."""
    for error in operation.validator.iter_request_errors(request):
        yield from told(REQUEST, error)
    yield from query_findings(operation, query)
    if request.body is not None and not operation.request_content:
        yield Finding(REQUEST, "body", "a body, where the operation has none")
    media_type = plain(exchange.request_type)
    yield from undeclared_findings(REQUEST, operation, operation.request_content, media_type, exchange.request_body)


def answer_findings(operation, request, exchange):
    """What of an answer the document does not allow."""
    content = operation.response_content(exchange.status)
    media_type = plain(exchange.response_type)
    # An error that is documented by its status alone may explain itself all the same.
    described = content is not None and (content or exchange.status < 400)
    if described and media_type and media_type not in content:
        yield Finding(ANSWER, "media type", f"{media_type} instead of {' or '.join(sorted(content)) or 'nothing'}")
        return
    # Of what is no JSON a recording has the type alone.
    if described and media_type and media_type not in DESERIALIZERS:
        return
    for error in operation.validator.iter_response_errors(request, Answer(exchange)):
        yield from told(ANSWER, error)
    yield from undeclared_findings(ANSWER, operation, content or {}, media_type, exchange.response_body)


def plain(media_type):
    """A media type without its parameters; empty where there is none."""
    return (media_type or "").split(";")[0]


def undeclared_findings(side, operation, content, media_type, body):
    """Which fields of a body the document does not know."""
    schema = content.get(media_type, {}).get("schema", {})
    for path in undeclared(operation.document.content, schema, body):
        yield Finding(side, f"undeclared field {'/'.join(alike(path))}", f"no schema has {'/'.join(map(str, path))}")


def alike(path):
    """A place in a body, and at once all those beside it in lists."""
    return ("*" if isinstance(step, int) else step for step in path)


def told(side, error):
    """The findings in an error of openapi-core: those of a schema one by one."""
    cause = error.__cause__ or error
    parameter = f"parameter {error.name}" if hasattr(error, "name") else ""
    schema_errors = getattr(cause, "schema_errors", None)
    if schema_errors is None:
        yield Finding(side, f"{type(cause).__name__} {parameter}".strip(), str(cause))
        return
    for one in schema_errors:
        # Of an alternative, the branch that fits best.
        one = best_match([one])
        exact = parameter or "/".join(str(step) for step in one.absolute_path) or "/"
        everywhere = parameter or "/".join(alike(one.absolute_path)) or "/"
        yield Finding(side, f"{one.validator} at {everywhere}", f"{one.message} (at {exact})")


def query_findings(operation, query):
    """What of the query is not declared, and what of its nested parameters their schemas do not allow."""
    for key, value in query:
        name, *steps = key.replace("]", "").split("[")
        nested = operation.parameters.get(("query", name), {})
        if nested.get("style") == "deepObject":
            yield from nested_findings(operation, nested, steps, value)
        elif ("query", key) not in operation.parameters:
            yield Finding(REQUEST, f"query {key}", f"the operation has no parameter {key}")


def nested_findings(operation, parameter, steps, value):
    """What the schema of a nested parameter does not allow of a value in it: `filter`, `["name", "eq"]`, `attic`."""
    content = operation.document.readable
    schema = resolve(content, parameter["schema"])
    # `labels.team` is the label `team`.
    name, _, label = steps[0].partition(".") if steps else ("", "", "")
    field = resolve(content, schema.get("properties", {}).get(name, {}))
    if not field:
        yield Finding(REQUEST, f"query {parameter['name']}", f"{parameter['name']} has no field {'.'.join(steps)}")
        return
    if field.get("type") == "boolean":
        value = {"true": True, "false": False}.get(value, value)
    # Some documents have a schema for the labels, some for each of them.
    of_each = [label] if label and "additionalProperties" in field else []
    for step in reversed([name, *of_each, *steps[1:]]):
        value = {step: value}
    validator = OAS30WriteValidator(
        {**schema, "components": content["components"]}, format_checker=oas30_format_checker
    )
    for error in validator.iter_errors(value):
        error = best_match([error])
        yield Finding(REQUEST, f"query {parameter['name']} {name}", f"{error.message} (at {'.'.join(steps)})")
