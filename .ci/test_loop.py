"""Goes the whole way of a specification with the scripts that `koctl init` writes: from the configuration to an API that
is linked to its gateway service, and on to the next version of the specification.

Konnect and GitHub are those of `koctl sandbox`; decK is a stand-in that makes the gateway services in that Konnect. A
person's part, and that of GitHub's runner, are in the tests: to merge pull requests, and to run the steps of the workflows
in their order. Run by `.ci/workflows`, which sets the path and the variable KOCTL.
"""

import json
import os
import subprocess
import sys
import unittest
import urllib.request

from test_workflows import Sandboxed

DECK = """\
import json, os, pathlib, re, sys, urllib.parse, urllib.request

arguments = sys.argv[1:]


def after(flag):
    return arguments[arguments.index(flag) + 1]


def write(document):
    text = json.dumps(document) + "\\n"
    if "--output-file" in arguments:
        pathlib.Path(after("--output-file")).write_text(text)
    else:
        sys.stdout.write(text)


def services(path):
    return json.loads(pathlib.Path(path).read_text())["services"]


def konnect(method, path, body=None):
    region = re.fullmatch("https://([a-z]+)\\\\.api\\\\.konghq\\\\.com", after("--konnect-addr"))[1]
    url = os.environ["KOCTL_KONNECT_URL"].replace("{region}", region) + path
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer " + os.environ["DECK_KONNECT_TOKEN"], "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
        return json.load(answer)


match arguments[:2]:
    case ["file", "openapi2kong"]:
        title = re.search("title: *(.+)", pathlib.Path(after("--spec")).read_text())[1]
        write({"services": [{"name": title, "host": "upstream.example.com"}]})
    case ["file", "patch"]:
        document = json.load(sys.stdin)
        tags = re.findall("- (ko-api-name=.+)", pathlib.Path(arguments[-1]).read_text())
        for service in document["services"]:
            service["tags"] = tags
        write(document)
    case ["file", "merge"]:
        write({"services": [service for path in arguments[4:] for service in services(path)]})
    case ["gateway", "diff" | "sync" as command]:
        name = urllib.parse.quote(after("--konnect-control-plane-name"))
        [plane] = konnect("GET", f"/v2/control-planes?filter%5Bname%5D%5Beq%5D={name}")["data"]
        path = f"/v2/control-planes/{plane['id']}/core-entities/services"
        there = {service["name"] for service in konnect("GET", path)["data"]}
        for service in (service for path in arguments[6:] for service in services(path)):
            if service["name"] not in there:
                print("creating service", service["name"])
                if command == "sync":
                    konnect("POST", path, service)
    case _:
        sys.exit(f"the stand-in for decK does not know {arguments}")
"""

SPEC = """\
openapi: 3.1.0
info:
  title: {title}
  version: {version}
paths:
  /flights:
    get:
      operationId: list
      responses:
        "200":
          description: All flights.
"""

DELETE = """\
    delete:
      operationId: cancel
      responses:
        "204":
          description: They are cancelled.
"""


def service(name):
    return f"""\
      {name}:
        name: {name}
        git:
          remote: https://github.com/acme/{name}.git
"""


def team(names):
    return "teams:\n  flight-data:\n    services:\n" + "".join(map(service, names))


class Loop(Sandboxed):
    SERVICES = ["flights"]

    def setUp(self):
        super().setUp()
        self.program(self.scratch / "bin/deck", f"#!{sys.executable}\n{DECK}")
        (self.scratch / "bin/koctl").symlink_to(os.environ["KOCTL"])
        self.environment |= {"GITHUB_REF_NAME": "main", "DEFAULT_BRANCH": "main"}
        # The state is where the configuration says.
        self.environment.pop("KOCTL_STATE")
        self.seed({name: SPEC.format(title=name, version="1.0.0") + DELETE for name in self.SERVICES})
        self.koctl("init", "--auto-approve")
        self.koctl("add", "organization", "Acme", "--region", "eu", "--token-env", "ACME_KONNECT_TOKEN", "--auto-approve")
        self.merge_all()

    def seed(self, specs):
        """Gives services repositories with these specifications, on both branches."""
        for name, text in specs.items():
            for branch in ("main", "dev"):
                folder = self.scratch / f"services/acme/{name}/{branch}"
                folder.mkdir(parents=True)
                (folder / "openapi.yaml").write_text(text)
        self.koctl("sandbox", "seed", str(self.scratch / "services"), "--dir", str(self.scratch / "sandbox"))

    def koctl(self, *arguments, code=0):
        done = subprocess.run(["koctl", *arguments], cwd=self.root, env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def run_script(self, script, *arguments, code=0, **variables):
        """Runs a script as it is in the checkout, where `koctl init` put it."""
        command = ["bash", f".github/koctl/{script}", *arguments]
        environment = self.environment | {name: str(value) for name, value in variables.items()}
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def send(self, method, path, body):
        request = urllib.request.Request(f"{self.api}/repos/acme/{path}", json.dumps(body).encode(), method=method)
        request.add_header("Authorization", "Bearer reviewer")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def merge_all(self):
        """Merges the open pull requests, the oldest first; returns their titles. The checkout is of main then."""
        merged = []
        for pull in sorted(self.pulls(), key=lambda pull: pull["number"]):
            self.send("PUT", f"platform/pulls/{pull['number']}/merge", {})
            merged.append(pull["title"])
        self.git("fetch", "--quiet", "origin", "main")
        self.git("switch", "--quiet", "--force-create", "main", "FETCH_HEAD")
        self.git("clean", "--quiet", "--force", "-d")
        return merged

    def edit(self, path, text, title):
        """Opens a pull request with this file, and checks out the result of merging it."""
        self.git("switch", "--quiet", "--force-create", "topic", "main")
        self.write(path, text)
        self.commit()
        self.git("push", "--quiet", "--force", f"{self.api.replace('://', '://x:t@')}/acme/platform.git", "topic")
        return self.send("POST", "platform/pulls", {"title": title, "head": "topic", "base": "main"})["number"]

    def step_outputs(self):
        """What the steps since the last call told GitHub."""
        found = self.outputs() if self.output.exists() else {}
        self.output.unlink(missing_ok=True)
        return found

    def summary(self):
        path = self.scratch / "summary"
        text = path.read_text() if path.exists() else ""
        path.unlink(missing_ok=True)
        return text

    def apply(self, event):
        """The workflow `koctl apply`; returns its outputs and its summary."""
        self.run_script("state-url.sh")
        self.run_script("apply.sh", "plan/plan.koctl", GITHUB_EVENT_NAME=event, ALLOW_DESTROY="false")
        return self.step_outputs(), self.summary()

    def plan(self, number):
        """The workflow `koctl plan`; returns the comment."""
        self.run_script("plan.sh", "plan", GITHUB_SERVER_URL="https://github.com", GITHUB_RUN_ID=9)
        self.assertEqual(self.step_outputs(), {"code": "0"})
        self.run_script("plan-comment.sh", str(number), "plan/comment.md")
        [comment] = self.ask(f"issues/{number}/comments")
        return comment["body"]

    def convert(self):
        """The workflow `OpenAPI to decK`."""
        self.run_script("changed-environments.sh")
        environments = json.loads(self.step_outputs()["environments"])
        for environment in environments:
            folder = environment["folder"]
            self.git("checkout", "--quiet", "--force", "main")
            self.git("clean", "--quiet", "--force", "-d")
            self.run_script("convert-specs.sh", folder)
            self.run_script("propose-conversion.sh", BRANCH=environment["branch"], FOLDER=folder)
            self.git("reset", "--quiet", "--hard", "origin/main")
        return environments

    def planes(self, script, **variables):
        self.run_script(script, **variables)
        return json.loads(self.step_outputs()["control-planes"])

    def merge_and_diff(self):
        """The workflow `decK merge and diff`."""
        for plane in self.planes("changed-control-planes.sh"):
            self.git("reset", "--quiet", "--hard", "origin/main")
            self.git("clean", "--quiet", "--force", "-d")
            names = {"ORGANIZATION": plane["organization"], "REGION": plane["region"], "CONTROL_PLANE": plane["name"]}
            diff = self.scratch / "diff.txt"
            self.run_script("merge-and-diff.sh", diff, **names)
            self.run_script("propose-configuration.sh", diff, BRANCH=plane["branch"], **names)
            self.git("reset", "--quiet", "--hard", "origin/main")

    def sync(self):
        """The workflow `decK sync`; returns what decK said."""
        planes = self.planes("pushed-control-planes.sh", BEFORE="")
        names = [{"ORGANIZATION": one["organization"], "REGION": one["region"], "CONTROL_PLANE": one["name"]} for one in planes]
        return "".join(self.run_script("gateway.sh", "sync", **one) for one in names)

    def linked(self):
        """The APIs that are linked to a gateway service, as the state has them."""
        lines = self.koctl("state", "list").splitlines()
        return [line.split()[0] for line in lines if "/api_implementation/" in line]


class WholeWay(Loop):
    def test_a_service_is_delivered_linked_and_delivered_again(self):
        # The organization was merged: it gets its portals. Then there is nothing to do.
        outputs, summary = self.apply("schedule")
        self.assertEqual(outputs, {"changed": "true"})
        self.assertIn("Acme/portal/dev", summary)
        outputs, summary = self.apply("schedule")
        self.assertEqual(outputs, {})
        self.assertIn("No changes.", summary)

        # A service is added, reviewed and merged; the reviewed plan is applied.
        number = self.edit("konnect/teams.yaml", team(self.SERVICES), "Add flights")
        comment = self.plan(number)
        self.assertRegex(comment, "### koctl plan: \\d+ to add, ")
        self.assertIn("Acme/api/dev/flights", comment)
        self.assertEqual(self.merge_all(), ["Add flights"])
        outputs, summary = self.apply("push")
        self.assertEqual(outputs, {"changed": "true"})
        self.assertIn("### The reviewed plan", summary)
        self.assertEqual(self.linked(), [])

        # The staged specifications become gateway services, by three pull requests for each environment.
        titles = self.merge_all()
        stage = "[Konnect Orchestrator] - Stage the APIs of Acme / "
        self.assertCountEqual(titles, [f"{stage}dev", f"{stage}prd"])
        self.assertEqual(len(self.convert()), 2)
        self.assertEqual(len(self.merge_all()), 2)
        self.merge_and_diff()
        self.assertIn("creating service flights", "".join(pull["body"] for pull in self.pulls()))
        self.assertEqual(len(self.merge_all()), 2)
        self.assertEqual(self.sync().count("creating service flights"), 2)

        # The apply that decK's sync asks for links them; the next one has nothing to do.
        outputs, summary = self.apply("repository_dispatch")
        self.assertEqual(self.linked(), [f"Acme/api_implementation/{one}/flights" for one in ("dev", "prd")])
        self.assertEqual(outputs, {"changed": "true"})
        self.assertEqual(self.apply("schedule")[0], {})

        # The specification loses an operation: a plan shows that, and the hourly run delivers it.
        self.push_spec("flights", "dev", SPEC.format(title="flights", version="2.0.0"))
        shown = self.koctl("plan")
        self.assertRegex(shown, "Breaks the callers of APIs:\n *! Acme/api_version/dev/flights  DELETE /flights")
        outputs, summary = self.apply("schedule")
        self.assertEqual(outputs, {"changed": "true"})
        self.assertIn("### What was merged, specified or changed since the last apply", summary)
        self.assertEqual(self.merge_all(), [f"{stage}dev"])
        staged = self.root / "konnect/Acme/envs/dev/teams/flight-data/services/flights/openapi.yaml"
        self.assertNotIn("cancel", staged.read_text())
        self.assertEqual(self.apply("schedule")[0], {})

    def test_a_merge_that_was_not_applied_is_applied_by_the_hourly_run_except_for_guarded_deletions(self):
        self.edit("konnect/teams.yaml", team(self.SERVICES), "Add flights")
        self.merge_all()
        self.assertEqual(self.apply("schedule")[0], {"changed": "true"})
        self.merge_all()

        described = team([]).replace("    services:\n", "    description: Everything about flights.\n")
        self.edit("konnect/teams.yaml", described, "Remove flights")
        self.merge_all()
        outputs, summary = self.apply("schedule")
        self.assertEqual(outputs, {"changed": "true"})
        self.assertIn("Acme/api/dev/flights: it would be destroyed, which a person has to approve", summary)
        self.assertIn("Acme/api/prd/flights", self.koctl("state", "list"))
        self.assertEqual(self.apply("schedule")[0], {})

    def push_spec(self, name, branch, text):
        clone = self.scratch / "service"
        url = f"{self.api.replace('://', '://x:t@')}/acme/{name}.git"
        self.git("clone", "--quiet", "--branch", branch, url, str(clone))
        (clone / "openapi.yaml").write_text(text)
        self.git("-C", str(clone), "commit", "--quiet", "--all", "--message", "Change")
        self.git("-C", str(clone), "push", "--quiet", "origin", branch)


class ManyServices(Loop):
    SERVICES = [f"service-{number}" for number in range(100)]

    def test_a_plan_of_a_hundred_services_fits_into_a_comment(self):
        number = self.edit("konnect/teams.yaml", team(self.SERVICES), "Add a hundred services")
        comment = self.plan(number)
        self.assertLess(len(comment), 65_536)
        self.assertRegex(comment, r"\A<!-- koctl plan -->\n### koctl plan: \d+ to add, 0 to change, 0 to destroy.")
        self.assertLess(comment.index("ecomes public"), 10_000, "the risks come first")
        self.assertEqual(comment.count("```") % 2, 0, "a code block is left open")
        summary = self.summary()
        for name in self.SERVICES:
            self.assertIn(f"Acme/api/prd/{name}", summary)


if __name__ == "__main__":
    unittest.main()
