"""A running sandbox and the published documents of its Konnect, for the programs that hold one against the other."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

METHODS = ["get", "post", "put", "patch", "delete"]
NOBODY = "00000000-0000-4000-8000-000000000000"


class Refused(Exception):
    """The sandbox, the documents or the exceptions are not what these programs can work with."""


class Sandbox:
    """A running sandbox, and a token that opens one of its organizations."""

    def __init__(self, url, token):
        self.url = url
        self.token = token

    def ask(self, method, url, body=None):
        """Sends a request, and gives the status and the body of its answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method.upper())
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except urllib.error.URLError as error:
            raise Refused(f"{method.upper()} {url} gets no answer: {error.reason}") from error

    def make(self, region, path, body):
        """Makes an object, and gives its id."""
        status, answer = self.ask("post", self.url.replace("{region}", region) + path, body)
        if status != 201:
            raise Refused(f"POST {path} is answered with {status}: {answer.decode()}")
        return json.loads(answer)["id"]

    def base(self, document):
        """Where a document is served: its first server names the region and the version."""
        server = urllib.parse.urlsplit(document["servers"][0]["url"])
        return self.url.replace("{region}", server.hostname.split(".")[0]) + server.path

    def offers(self, base, path, method):
        """Whether it offers an operation: it says itself what it does not."""
        return self.ask(method, base + re.sub(r"\{\w+\}", NOBODY, path))[0] != 501


def operations(document):
    """The operations of a document: the path, the method, and the description of each."""
    for path, described in document["paths"].items():
        for method in METHODS:
            if method in described:
                yield path, method, described[method]


def documents(folder):
    """The published documents of Konnect, by name."""
    for path in sorted(Path(folder).glob("*.yaml")):
        yield path.stem, yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
