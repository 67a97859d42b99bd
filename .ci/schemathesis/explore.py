"""Explores a running sandbox with schemathesis, document by document, and fails on anything that it finds.

Usage: explore.py DOCUMENTS URL TOKEN
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml
from sandbox import Refused, Sandbox, documents, operations

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
EXCEPTIONS = Path(__file__).with_name("exceptions.yaml")
# Parameters whose values no operation of the same document makes: the document, the parameter, and what makes one.
BORROWED = [
    ("api-builder-v3", "portalId", "us", "/v3/portals", {"name": "explored"}),
    ("control-planes-config-v2", "controlPlaneId", "us", "/v2/control-planes", {"name": "explored"}),
]


@dataclass
class Outcome:
    """What came of one document."""

    name: str
    offered: int
    documented: int
    requests: int
    findings: str


def borrow(sandbox, name):
    """Makes what parameters of a document stand for, and gives the configuration that has them used often."""
    lines = []
    for document, parameter, region, path, body in BORROWED:
        if document == name:
            made = sandbox.make(region, path, body)
            lines.append(f'[dictionaries.{parameter}]\nvalues = ["{made}"]')
            lines.append(f'[parameters]\n"path.{parameter}" = {{ dictionary = "{parameter}", probability = 0.7 }}')
    return "\n".join(lines) + "\n"


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
        "--suppress-health-check", "all", "--continue-on-failure", "--workers", "1", "--request-timeout", "60",
        "--warnings", "off", "--report-json-path", report, "--no-color",
    ]  # fmt: skip
    for operation in left_out:
        command += ["--exclude-operation-id", operation]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def explore(name, document, sandbox, exceptions, work):
    base = sandbox.base(document)
    offered, left_out = [], []
    for template, method, operation in operations(document):
        (offered if sandbox.offers(base, template, method) else left_out).append(operation["operationId"])
    add_exceptions(name, document, offered, exceptions)
    file, configuration, report = (Path(work, name + ending) for ending in (".json", ".toml", ".report.json"))
    file.write_text(json.dumps(document, default=str))
    configuration.write_text(borrow(sandbox, name))
    done = run(file, configuration, base, sandbox.token, left_out, report)
    counted = json.loads(report.read_text()) if report.exists() else None
    clean = done.returncode == 0 and counted is not None and counted["operations"]["tested"] == len(offered)
    told = re.sub(r"(?s)^.*?(?==+ (?:ERRORS|FAILURES) =+\n)", "", done.stdout, count=1)
    findings = "" if clean else told or f"schemathesis ended with {done.returncode} and said nothing"
    requests = counted["test_cases"]["generated"] if counted else 0
    return Outcome(name, len(offered), len(offered) + len(left_out), requests, findings)


def main(folder, url, token):
    described = dict(documents(folder))
    exceptions = yaml.safe_load(EXCEPTIONS.read_text())
    if unknown := set(exceptions) - set(described):
        raise Refused(f"{EXCEPTIONS.name} names documents that are not there: {', '.join(sorted(unknown))}")
    sandbox = Sandbox(url, token)
    outcomes = []
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(max_workers=2) as pool:
        # The largest first, so that the two of them end at about the same time.
        pending = [
            pool.submit(explore, name, described[name], sandbox, exceptions.get(name, []), work)
            for name in sorted(described, key=lambda name: len(described[name]["paths"]), reverse=True)
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
    offered, documented, requests = (
        sum(getattr(outcome, field) for outcome in outcomes) for field in ("offered", "documented", "requests")
    )
    excepted = sum(len(exception["operations"]) for listed in exceptions.values() for exception in listed)
    failed = [outcome.name for outcome in outcomes if outcome.findings]
    print(
        f"{offered} of {documented} operations explored with {requests} requests,",
        f"{excepted} exceptions;",
        f"FAILED: {', '.join(failed)}" if failed else "nothing found",
    )
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Refused as refused:
        sys.exit(f"FAILED: {refused}")
