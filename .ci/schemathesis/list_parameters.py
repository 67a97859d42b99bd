"""Asks every list that a running sandbox offers for every filter and every sort that its document describes.

Usage: list_parameters.py DOCUMENTS URL TOKEN
A filter or a sort that the sandbox does not know is a failure. What is in the paths of the lists is made first.
"""

import json
import re
import sys
import urllib.parse

from sandbox import Refused, Sandbox, documents, operations

US, GLOBAL = "us", "global"
TIME = "2026-01-01T00:00:00Z"


def parents(sandbox):
    """Makes what lists are below: an id for each parameter of their paths, by a pattern of the path."""
    portal = sandbox.make(US, "/v3/portals", {"name": "listed"})
    developer = {"email": "listed@example.com", "full_name": "Listed"}
    account = {"name": "listed", "description": ""}
    group = {"name": "listed group", "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE_GROUP"}
    provider = {"type": "oidc", "config": {"issuer_url": "https://id.example.com", "client_id": "listed"}}
    of_portal = {"type": "saml", "config": {"idp_metadata_url": "https://id.example.com/saml"}}
    home = sandbox.url.replace("{region}", GLOBAL)
    me = json.loads(sandbox.ask("get", home + "/v3/users/me")[1])["id"]
    events = json.loads(sandbox.ask("get", home + "/v1/notifications/configurations")[1])["data"]
    return [
        (r"{portalId}", portal),
        (r"{apiId}", sandbox.make(US, "/v3/apis", {"name": "listed"})),
        (r"(?<=/portals/)(.*){teamId}", r"\g<1>" + sandbox.make(US, f"/v3/portals/{portal}/teams", {"name": "listed"})),
        (r"{teamId}", sandbox.make(GLOBAL, "/v3/teams", {"name": "listed"})),
        (r"{developerId}", sandbox.make(US, f"/v3/portals/{portal}/developers", developer)),
        (r"{controlPlaneId}(?=/group)", sandbox.make(US, "/v2/control-planes", group)),
        (r"{controlPlaneId}", sandbox.make(US, "/v2/control-planes", {"name": "listed"})),
        (r"{accountId}", sandbox.make(GLOBAL, "/v3/system-accounts", account)),
        (r"{idpId}", sandbox.make(GLOBAL, "/v3/identity-providers", provider)),
        (r"(?<=/identity-providers/){id}", sandbox.make(US, f"/v3/portals/{portal}/identity-providers", of_portal)),
        (r"{userId}", me),
        (r"{eventId}", events[0]["event_id"]),
    ]


def resolve(document, node):
    """What a node says or refers to."""
    while "$ref" in node:
        target = document
        for step in node["$ref"][2:].split("/"):
            target = target[step]
        node = target
    return node


def alternatives(document, schema):
    """A schema, and those that it is made of."""
    schema = resolve(document, schema)
    yield schema
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, []):
            yield from alternatives(document, part)


def filters(document, parameter):
    """The query strings of every filter that a parameter describes, each with every operation on it."""
    if parameter["name"].startswith("filter["):
        yield parameter["name"], "any"
    if parameter["name"] != "filter":
        return
    for schema in alternatives(document, parameter["schema"]):
        for name, described in schema.get("properties", {}).items():
            parts = list(alternatives(document, described))
            value = TIME if "date-time" in json.dumps(parts, default=str) else "true"
            # Labels and attributes are filtered by one key of them.
            name = name + ".any" if name in ("labels", "attributes") else name
            if any(part.get("type") in ("string", "boolean") for part in parts):
                yield f"filter[{name}]", value
            for operator in {operator for part in parts for operator in part.get("properties", {})}:
                yield f"filter[{name}][{operator}]", value


def sorts(document, parameter):
    """The attributes that the words of a parameter call sortable, in both directions."""
    if parameter["name"] != "sort":
        return
    described = [parameter, *alternatives(document, parameter["schema"])]
    words = "\n".join(part.get("description", "") for part in described)
    for attribute in re.findall(r"(?m)^\s*-\s+`?([\w.]+)`?\s*$", words):
        yield "sort", attribute
        yield "sort", f"{attribute} desc"


def main(folder, url, token):
    sandbox = Sandbox(url, token)
    made = parents(sandbox)
    lists = asked = 0
    failed = []
    for name, document in documents(folder):
        base = sandbox.base(document)
        for template, method, operation in operations(document):
            parameters = [*document["paths"][template].get("parameters", []), *operation.get("parameters", [])]
            parameters = [resolve(document, parameter) for parameter in parameters]
            wanted = [pair for one in parameters for pair in (*filters(document, one), *sorts(document, one))]
            if method != "get" or not wanted or not sandbox.offers(base, template, method):
                continue
            path = template
            for pattern, value in made:
                path = re.sub(pattern, value, path)
            lists += 1
            for pair in [("page[size]", "1"), *wanted]:
                asked += 1
                status, answer = sandbox.ask("get", f"{base}{path}?{urllib.parse.urlencode([pair])}")
                if status != 200:
                    question = f"GET {template}?{'='.join(pair)}"
                    failed.append(f"{name}: {question} is answered with {status}: {answer.decode()}")
    print(*failed, sep="\n", end="\n" if failed else "")
    print(f"{lists} lists, asked {asked} times for what their documents describe;", f"{len(failed)} refused")
    return 1 if failed or not lists else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Refused as refused:
        sys.exit(f"FAILED: {refused}")
