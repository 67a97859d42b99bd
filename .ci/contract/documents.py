"""The published API documents, and which operation of them a request is for."""

import functools
import json
import pathlib
import re
from urllib.parse import quote, unquote

import yaml
from openapi_core import Config, OpenAPI

METHODS = {"get", "put", "post", "patch", "delete", "head", "options"}
# What schemathesis needs to know of Konnect's documents as well.
LEFT_OUT = pathlib.Path(__file__).parent.parent / "schemathesis" / "exceptions.yaml"
GITHUB = "github"
# Where a sandbox serves Konnect and GitHub: what stands there before `/v2/…` or `/repos/…`.
KONNECT_PATH = re.compile(r"^/konnect/(?P<region>[^/]+)(?P<path>/.*)$")
GITHUB_PATH = re.compile(r"^/github(?P<path>/.*)$")
# openapi-core wants an address to be below a server; the recordings have all of theirs on one.
SERVER = "http://sandbox"
# The types of JSON, of which openapi-core knows the first alone.
JSON_TYPES = ("application/json", "application/problem+json", "application/scim+json", "application/vnd.github.object")
DESERIALIZERS = dict.fromkeys(JSON_TYPES, lambda body, **parameters: json.loads(body))
# The documents are not what is judged here.
CONFIG = Config(spec_validator_cls=None, extra_media_type_deserializers=DESERIALIZERS)


class Misplaced(Exception):
    """The operation exists, but not in the region that was asked."""


class Operation:
    """One operation of a document."""

    def __init__(self, document, method, template):
        self.document = document
        self.method = method
        self.template = template
        self.name = f"{method.upper()} {document.prefix}{template}"
        self._pattern = re.compile(self._as_pattern())

    def request_path(self, path):
        """The path as openapi-core can match it, or None where it is not one of this operation."""
        if (match := self._pattern.match(path)) is None:
            return None
        # It takes a parameter for one segment of a path, and some of GitHub's hold slashes.
        values = (quote(unquote(value), safe="") for value in match.groups())
        return self.document.prefix + re.sub(r"\{[^}]+\}", lambda _: next(values), self.template)

    @functools.cached_property
    def parameters(self):
        """What it declares, by place and name: `("query", "page[size]")`."""
        item = self.document.content["paths"][self.template]
        declared = [*item.get("parameters", []), *item[self.method].get("parameters", [])]
        resolved = (resolve(self.document.content, parameter) for parameter in declared)
        return {(parameter["in"], parameter["name"]): parameter for parameter in resolved}

    @functools.cached_property
    def request_content(self):
        """Its request's body by media type; empty where it has no body."""
        body = self.document.content["paths"][self.template][self.method].get("requestBody", {})
        return resolve(self.document.content, body).get("content", {})

    def response_content(self, status):
        """An answer's body by media type, empty where it has none; None where the status is undocumented."""
        responses = self.document.content["paths"][self.template][self.method]["responses"]
        keys = (str(status), f"{status // 100}XX", "default")
        response = next((responses[key] for key in keys if key in responses), None)
        return None if response is None else resolve(self.document.content, response).get("content", {})

    @functools.cached_property
    def validator(self):
        """The document cut down to this operation, so that there is no doubt about which one is held against."""
        content = self.document.readable
        item = content["paths"][self.template]
        kept = {key: value for key, value in item.items() if key not in METHODS or key == self.method}
        content = {**content, "paths": {self.template: kept}, "servers": [{"url": SERVER + self.document.prefix}]}
        return OpenAPI.from_dict(content, config=CONFIG)

    def _as_pattern(self):
        pieces = re.split(r"\{([^}]+)\}", self.template)
        pattern = re.escape(self.document.prefix + pieces[0])
        for name, literal in zip(pieces[1::2], pieces[2::2]):
            # GitHub marks most of the parameters that may hold slashes.
            marked = self.parameters[("path", name)].get("x-multi-segment")
            spans = marked or (self.document.name, name) == (GITHUB, "ref")
            pattern += ("(.+)" if spans else "([^/]+)") + re.escape(literal)
        return f"^{pattern}$"


class Document:
    """One published document."""

    def __init__(self, name, content):
        self.name = name
        self.content = content
        servers = [server["url"] for server in content["servers"]]
        self.regions = {url.split("//")[1].split(".")[0] for url in servers}
        # The version: `/v3` of `https://us.api.konghq.com/v3`.
        self.prefix = "" if name == GITHUB else "/" + servers[0].rsplit("/", 1)[1]
        self.operations = [
            Operation(self, method, template)
            for template, item in content["paths"].items()
            for method in item
            if method in METHODS
        ]

    @functools.cached_property
    def readable(self):
        return readable(self.content)


class Documents:
    """All documents that a sandbox serves."""

    def __init__(self, documents):
        self._operations = {}
        for document in documents:
            for operation in document.operations:
                self._operations.setdefault((document.name == GITHUB, operation.method), []).append(operation)

    @classmethod
    def load(cls, folder):
        """Those below a folder: `konnect/*.yaml`, `more/*.yaml` and `github/api.github.com.json`."""
        folder = pathlib.Path(folder)
        left_out = read_yaml(LEFT_OUT)
        documents = [
            Document(path.stem, with_statuses(read_yaml(path), left_out.get(path.stem, [])))
            for path in sorted([*folder.glob("konnect/*.yaml"), *folder.glob("more/*.yaml")])
        ]
        documents.append(Document(GITHUB, json.loads((folder / "github/api.github.com.json").read_text())))
        return cls(documents)

    def find(self, method, path):
        """The operation that a request to a sandbox is for, and its path as openapi-core can match it.

        Both are None where no document has such an operation. Raises `Misplaced` where another region has it.
        """
        if match := KONNECT_PATH.match(path):
            region, path = match["region"], match["path"]
        elif match := GITHUB_PATH.match(path):
            # By their descriptions, these are for all contents and all references where the last parameter is left out.
            region, path = None, re.sub("(/contents|/git/matching-refs)/?$", r"\1/%2F", match["path"])
        else:
            return None, None
        candidates = self._operations.get((region is None, method.lower()), [])
        found = [(one, fit) for one in candidates if (fit := one.request_path(path))]
        if not found:
            return None, None
        here = [(one, fit) for one, fit in found if region is None or region in one.document.regions]
        if not here:
            regions = ", ".join(sorted(found[0][0].document.regions))
            raise Misplaced(f"{found[0][0].name} is served in {regions} and not in {region}")
        # `/apis/mine` rather than `/apis/{apiId}`, and `/commits/{ref}/status` rather than `/commits/{ref}`.
        return min(here, key=lambda pair: (pair[0].template.count("{"), -len(pair[0].template)))


def read_yaml(path):
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


def with_statuses(content, left_out):
    """A document with the statuses that some of its operations leave out, each as another operation describes it."""
    operations = {
        item[method].get("operationId"): item[method]
        for item in content["paths"].values()
        for method in item
        if method in METHODS
    }
    for one in left_out:
        status = str(one["status"])
        for operation in one["operations"]:
            operations[operation]["responses"].setdefault(status, operations[one["like"]]["responses"][status])
    return content


def resolve(content, node):
    """What a node says or refers to."""
    while "$ref" in node:
        target = content
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def readable(content):
    """A document as openapi-core can read it. What is taken out is named here, with the reason."""

    says_null_by_type = content["openapi"].startswith("3.1")

    def walk(node, parent=None):
        if isinstance(node, list):
            return [walk(item) for item in node if not is_nested_parameter(item)]
        if not isinstance(node, dict):
            return node
        if parent == "properties":
            # These are names of fields, which may be any.
            return {name: walk(schema) for name, schema in node.items()}
        # Tokens are no part of a recording, so whether one was there cannot be judged by it.
        node = {key: walk(value, key) for key, value in node.items() if key not in {"security", "example", "examples"}}
        # Python's `re` knows no Unicode classes.
        if isinstance(node.get("pattern"), str) and r"\p{" in node["pattern"]:
            del node["pattern"]
        # One document declares OpenAPI 3.1, but writes as in 3.0 what may be null: 3.1 has no such word, and would
        # refuse every null of the fields that it marks.
        if says_null_by_type and node.get("nullable") is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
        # A list has no property to tell it from the other alternatives by.
        if any(resolve(content, one).get("type") == "array" for one in node.get("oneOf", [])):
            node.pop("discriminator", None)
        return node

    def is_nested_parameter(node):
        # Nested parameters (`filter[name][eq]`) are beyond openapi-core, which reports them where they are absent, too.
        # `judge` holds them against their schemas itself.
        return isinstance(node, dict) and resolve(content, node).get("style") == "deepObject"

    return walk(content)
