"""Explores a running sandbox with schemathesis, document by document, and fails on anything that it finds.

Usage: explore_sandbox.py DOCUMENTS URL TOKEN
DOCUMENTS is the folder of Konnect's published documents, URL the sandbox's address with `{region}` in it. What the
sandbox does not offer it says itself, with 501, and that is left out. Each operation gets the requests of its examples,
those that its schemas suggest (every limit, every type, what is missing and what is too much), KOCTL_EXAMPLES more that
are drawn at random (by default 8), and as many in chains that use what was made before. The seed is fixed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

METHODS = ["get", "post", "put", "patch", "delete"]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
EXCEPTIONS = Path(__file__).with_name("schemathesis-exceptions.yaml")
NOBODY = "00000000-0000-4000-8000-000000000000"
# Parameters whose values no operation of the same document makes: the document, the parameter, and what makes one.
BORROWED = [
    ("api-builder-v3", "portalId", "us", "/v3/portals", {"name": "explored"}),
    ("control-planes-config-v2", "controlPlaneId", "us", "/v2/control-planes", {"name": "explored"}),
]


class Refused(Exception):
    """The documents or the exceptions are not what this program can work with."""


@dataclass
class Outcome:
    """What came of one document."""

    name: str
    offered: int
    documented: int
    requests: int
    findings: str


class Sandbox:
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

    def base(self, document):
        """Where a document is served: its first server names the region and the version."""
        server = urllib.parse.urlsplit(document["servers"][0]["url"])
        return self.url.replace("{region}", server.hostname.split(".")[0]) + server.path

    def offers(self, base, path, method):
        return self.ask(method, base + re.sub(r"\{\w+\}", NOBODY, path))[0] != 501

    def borrow(self, name):
        """Makes what parameters of a document stand for, and gives the configuration that has them used often."""
        lines = []
        for document, parameter, region, path, body in BORROWED:
            if document == name:
                status, answer = self.ask("post", self.url.replace("{region}", region) + path, body)
                if status != 201:
                    raise Refused(f"POST {path} is answered with {status}: {answer.decode()}")
                lines.append(f'[dictionaries.{parameter}]\nvalues = ["{json.loads(answer)["id"]}"]')
                lines.append(f'[parameters]\n"path.{parameter}" = {{ dictionary = "{parameter}", probability = 0.7 }}')
        return "\n".join(lines) + "\n"


def operations(document):
    """The operations of a document: the path, the method, and the description of each."""
    for path, described in document["paths"].items():
        for method in METHODS:
            if method in described:
                yield path, method, described[method]


def add_exceptions(name, document, offered, exceptions):
    """Adds to the operations of a document the statuses that it leaves out."""
    by_id = {operation["operationId"]: operation for _, _, operation in operations(document)}
    for exception in exceptions:
        status = str(exception["status"])
        response = by_id[exception["like"]]["responses"][status]
        for operation in exception["operations"]:
            if operation not in offered:
                raise Refused(f"{EXCEPTIONS.name}: {operation} of {name} is not offered, and needs no exception")
            if status in by_id[operation]["responses"]:
                raise Refused(f"{EXCEPTIONS.name}: {operation} of {name} documents {status}, and needs no exception")
            by_id[operation]["responses"][status] = response


def run(file, configuration, base, token, left_out, report):
    """Runs schemathesis; a second worker would only get in the way of the other document that is explored."""
    command = [
        Path(sys.executable).with_name("st"), "--config-file", configuration, "run", file,
        "--url", base, "--header", f"Authorization: Bearer {token}",
        "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing,stateful",
        "--max-examples", os.environ.get("KOCTL_EXAMPLES", "8"), "--seed", "1", "--generation-database", "none",
        "--suppress-health-check", "all", "--continue-on-failure", "--workers", "1", "--warnings", "off",
        "--report-json-path", report, "--no-color",
    ]  # fmt: skip
    for operation in left_out:
        command += ["--exclude-operation-id", operation]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def explore(path, sandbox, exceptions, work):
    name = path.stem
    document = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    base = sandbox.base(document)
    offered, left_out = [], []
    for template, method, operation in operations(document):
        (offered if sandbox.offers(base, template, method) else left_out).append(operation["operationId"])
    add_exceptions(name, document, offered, exceptions)
    file, configuration, report = (Path(work, name + ending) for ending in (".json", ".toml", ".report.json"))
    file.write_text(json.dumps(document, default=str))
    configuration.write_text(sandbox.borrow(name))
    done = run(file, configuration, base, sandbox.token, left_out, report)
    counted = json.loads(report.read_text()) if report.exists() else None
    clean = done.returncode == 0 and counted is not None and counted["operations"]["tested"] == len(offered)
    findings = "" if clean else re.sub(r"(?s)^.*?(?==+ (?:ERRORS|FAILURES) =+\n)", "", done.stdout, count=1)
    requests = counted["test_cases"]["generated"] if counted else 0
    return Outcome(name, len(offered), len(offered) + len(left_out), requests, findings)


def main(documents, url, token):
    paths = sorted(Path(documents).glob("*.yaml"))
    exceptions = yaml.safe_load(EXCEPTIONS.read_text())
    if unknown := set(exceptions) - {path.stem for path in paths}:
        raise Refused(f"{EXCEPTIONS.name} names documents that are not there: {', '.join(sorted(unknown))}")
    sandbox = Sandbox(url, token)
    outcomes = []
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(max_workers=2) as pool:
        # The largest first, so that the two of them end at about the same time.
        pending = [
            pool.submit(explore, path, sandbox, exceptions.get(path.stem, []), work)
            for path in sorted(paths, key=lambda path: path.stat().st_size, reverse=True)
        ]
        for future in pending:
            outcome = future.result()
            outcomes.append(outcome)
            print(outcome.findings, end="")
            print(
                f"{outcome.name}: {outcome.offered} of {outcome.documented} operations are offered,",
                f"{outcome.requests} requests,",
                "FAILED" if outcome.findings else "nothing found",
                flush=True,
            )
    total = {field: sum(getattr(outcome, field) for outcome in outcomes) for field in ("offered", "documented", "requests")}
    excepted = sum(len(exception["operations"]) for listed in exceptions.values() for exception in listed)
    failed = [outcome.name for outcome in outcomes if outcome.findings]
    print(
        f"{total['offered']} of {total['documented']} operations explored with {total['requests']} requests,",
        f"{excepted} exceptions;",
        f"FAILED: {', '.join(failed)}" if failed else "nothing found",
    )
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Refused as refused:
        sys.exit(f"FAILED: {refused}")
