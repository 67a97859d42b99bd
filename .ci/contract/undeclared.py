"""Fields that a schema does not name.

JSON Schema lets an object have fields beside those that a schema names, unless it says otherwise, and openapi-core with
it. But a field that the document does not know is one that the service does not have: a client that relies on it works
with the sandbox alone, and one that sends it is ignored.
"""

from documents import resolve

BRANCHES = ("allOf", "anyOf", "oneOf")


def undeclared(content, schema, value, path=()):
    """The places in a value of fields that no branch of its schema names."""
    if isinstance(value, list):
        items = [branch["items"] for branch in branches(content, schema) if "items" in branch]
        for place, item in enumerate(value):
            yield from undeclared(content, {"anyOf": items}, item, (*path, place))
    elif isinstance(value, dict) and (named := fields(content, schema)):
        for name, item in value.items():
            if name in named:
                yield from undeclared(content, {"anyOf": named[name]}, item, (*path, name))
            else:
                yield (*path, name)


def fields(content, schema):
    """The schemas of each field that a branch of a schema names; none where it leaves open which there are."""
    named = {}
    for branch in branches(content, schema):
        if branch.get("additionalProperties"):
            return {}
        for name, of_field in branch.get("properties", {}).items():
            named.setdefault(name, []).append(of_field)
    return named


def branches(content, schema):
    """A schema, and those that it is put together from."""
    schema = resolve(content, schema)
    yield schema
    for kind in BRANCHES:
        for branch in schema.get(kind, []):
            yield from branches(content, branch)
