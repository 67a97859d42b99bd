"""Runs the scripts of a platform repository's workflows in repositories with awkward names.

`deck` is a stand-in that takes exactly the flags that decK documents and writes down what it is asked; `yq` is yaqpy.
GitHub is that of `koctl sandbox`, and a stand-in for its Actions and bots, which the sandbox does not have.
Run by `.ci/workflows`, which sets the path and the variable KOCTL, the program whose sandbox is used.
"""

import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
import urllib.request

FILES = pathlib.Path(__file__).parent.parent / "src/platform_repository"
SCRIPTS = FILES / "scripts"

DECK = """\
import argparse, json, os, pathlib, sys

parser = argparse.ArgumentParser(allow_abbrev=False)
areas = parser.add_subparsers(dest="area", required=True)
file = areas.add_parser("file").add_subparsers(dest="command", required=True)
gateway = areas.add_parser("gateway").add_subparsers(dest="command", required=True)

convert = file.add_parser("openapi2kong", allow_abbrev=False)
convert.add_argument("--spec", required=True)
add = file.add_parser("add-plugins", allow_abbrev=False)
add.add_argument("--output-file", default="-")
add.add_argument("plugins", nargs="+")
patch = file.add_parser("patch", allow_abbrev=False)
patch.add_argument("--output-file", default="-")
patch.add_argument("patches", nargs="+")
merge = file.add_parser("merge", allow_abbrev=False)
merge.add_argument("--output-file", default="-")
merge.add_argument("files", nargs="+")
lint = file.add_parser("lint", allow_abbrev=False)
lint.add_argument("--state", default="-")
lint.add_argument("--fail-severity")
lint.add_argument("ruleset")
for name in ("diff", "sync"):
    command = gateway.add_parser(name, allow_abbrev=False)
    command.add_argument("--konnect-addr", required=True)
    command.add_argument("--konnect-control-plane-name", required=True)
    command.add_argument("--select-tag", action="append", default=[])
    command.add_argument("files", nargs="+")
args = parser.parse_args()


def write(path, document):
    text = json.dumps(document) + "\\n"
    sys.stdout.write(text) if path == "-" else pathlib.Path(path).write_text(text)


def read(path):
    text = sys.stdin.read() if path == "-" else pathlib.Path(path).read_text()
    return json.loads(text.replace('_format_version: "3.0"', '{"services": []}'))


if args.command == "openapi2kong":
    title = pathlib.Path(args.spec).read_text().strip()
    if title == "broken":
        sys.exit("Error: the specification cannot be read")
    write("-", {"services": [{"name": title}]})
elif args.command == "patch":
    document = read("-")
    for service in document["services"]:
        service["tags"] = [pathlib.Path(patch).read_text().strip() for patch in args.patches]
    write(args.output_file, document)
elif args.command == "add-plugins":
    document = read("-")
    for service in document["services"]:
        service.setdefault("plugins", []).extend(pathlib.Path(plugins).read_text() for plugins in args.plugins)
    write(args.output_file, document)
elif args.command == "merge":
    write(args.output_file, {"services": [service for path in args.files for service in read(path)["services"]]})
elif args.command == "lint":
    services = read(args.state)["services"]
    names = [name for service in services for name in [service["name"], *service.get("plugins", [])]]
    if "frowned-upon" in names:
        sys.exit("Linting Violations: 1")
else:
    request = vars(args) | {"token": os.environ.get("DECK_KONNECT_TOKEN"), "arguments": sys.argv[1:]}
    with open(os.environ["DECK_LOG"], "a") as log:
        log.write(json.dumps(request) + "\\n")
    for path in args.files:
        for service in read(path)["services"]:
            print("creating service", service["name"])
"""

ORGANIZATIONS = """\
defaults: &defaults
  region: eu
organizations:
  Größe_1:
    access-token: {type: env, value: GROESSE_TOKEN}
    environments:
      dev.1:
        <<: *defaults
        type: DEV
      prd:
        type: PROD
        region: us
        teams:
          flight-data: {control-plane-name: "Shared \\"plane\\" $(touch pwned) 'x'; `id`"}
          customer-data: {control-plane-name: "Shared \\"plane\\" $(touch pwned) 'x'; `id`"}
"""

SHARED = "Shared \"plane\" $(touch pwned) 'x'; `id`"

TEAMS = """\
teams:
  flight-data: {}
  customer-data:
"""

AWKWARD = ["Kong Airlines/fli'ghts $HOME", "ünï/[a-z]*", 'quo"te', "-dash; touch pwned", "$(touch pwned)"]


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.root = self.scratch / "repository"
        self.root.mkdir()
        self.output = self.scratch / "output"
        programs = self.scratch / "bin"
        programs.mkdir()
        self.program(programs / "deck", f"#!{sys.executable}\n{DECK}")
        self.program(programs / "yq", '#!/bin/sh\nexec yaqpy "$@"\n')
        self.environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DECK_LOG": str(self.scratch / "deck.log"),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_PATH": str(self.scratch / "path"),
            "GITHUB_STEP_SUMMARY": str(self.scratch / "summary"),
            "GITHUB_REPOSITORY": "acme/platform",
            "RUNNER_TEMP": str(self.scratch),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "test",
            "GIT_AUTHOR_EMAIL": "test@example.com",
            "GIT_COMMITTER_NAME": "test",
            "GIT_COMMITTER_EMAIL": "test@example.com",
        }
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("konnect/teams.yaml", TEAMS)
        self.write("konnect/organizations.yaml", ORGANIZATIONS)

    def program(self, path, text):
        path.write_text(text)
        path.chmod(0o755)

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def stage(self, team, service, title, environment="dev.1"):
        """Stages a specification as koctl does; returns its folder."""
        folder = f"konnect/Größe_1/envs/{environment}/teams/{team}/services/{service}"
        self.write(f"{folder}/openapi.yaml", title)
        self.write(f"{folder}/ko-patch.yaml", f"ko-api-name={title}")
        return folder

    def git(self, *arguments):
        done = subprocess.run(["git", *arguments], cwd=self.root, env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "commit")
        return self.git("rev-parse", "HEAD").strip()

    def run_script(self, script, *arguments, code=0, **variables):
        done = subprocess.run(
            ["bash", SCRIPTS / script, *arguments],
            cwd=self.root, env=self.environment | variables, capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        self.assertFalse((self.root / "pwned").exists(), "a name was run as a command")
        return done.stdout

    def outputs(self):
        """What the last scripts told GitHub, by name."""
        lines = self.output.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def asked_of_deck(self):
        log = self.scratch / "deck.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


class Workflows(unittest.TestCase):
    def test_every_step_that_needs_the_tokens_of_organizations_has_a_place_for_them(self):
        place = re.compile(r"""
        id: (konnect(?:-reader)?)
        env:
          # organization tokens: koctl add organization adds them here
""")
        writes, reads = "konnect", "konnect-reader"
        steps = {
            "koctl-plan": [reads],
            "koctl-apply": [writes, reads, writes, writes],
            "koctl-drift": [reads],
            "deck-merge-and-diff": [reads],
            "deck-sync": [writes],
        }
        for path in (FILES / "workflows").iterdir():
            text = path.read_text()
            self.assertEqual(place.findall(text), steps.get(path.stem, []), path.stem)
            self.assertEqual(len(re.findall("id: konnect", text)), len(steps.get(path.stem, [])), path.stem)

    def test_a_run_by_hand_is_refused_on_another_branch_before_anything_else(self):
        for name, jobs in (("koctl-apply", ("apply", "environments")), ("koctl-plan", ("plan",))):
            text = (FILES / f"workflows/{name}.yml").read_text()
            for job in jobs:
                steps = text.split(f"\n  {job}:\n")[1].split("    steps:\n")[1]
                refusal, rest = steps.split("      - name: ")[1:3]
                self.assertTrue(refusal.startswith("Refuse other branches\n"), job)
                self.assertIn("github.ref_name != github.event.repository.default_branch", refusal)
                self.assertTrue(rest.startswith("Check out"), job)
                command = textwrap.dedent(refusal.split("run: |\n")[1])
                variables = {"DEFAULT_BRANCH": "main", "GITHUB_REF_NAME": "feature/$(id)"}
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], env=os.environ | variables,
                    capture_output=True, text=True)  # fmt: skip
                self.assertEqual(done.returncode, 1)
                self.assertIn("::error::This workflow", done.stdout)
                self.assertIn("main, and was started on feature/$(id).", done.stdout)

    def test_every_script_that_is_run_is_there_and_none_is_left_over(self):
        folders = ("workflows", "scripts", "actions/prepare")
        texts = [path.read_text() for folder in folders for path in (FILES / folder).iterdir()]
        named = {name for text in texts for name in re.findall(r"(?:koctl|scripts|SOURCE%/\*})/([a-z-]+\.sh)", text)}
        self.assertEqual(named, {path.name for path in SCRIPTS.iterdir()})


class ControlPlanes(Case):
    def test_a_configuration_with_nothing_staged_has_none(self):
        self.assertEqual(json.loads(self.run_script("control-planes.sh")), [])

    def test_a_control_plane_has_the_name_region_and_token_that_koctl_uses(self):
        self.stage("flight-data", "flights", "flights")
        expected = {
            "organization": "Größe_1",
            "region": "eu",
            "name": "flight-data-dev.1",
            "token": "GROESSE_TOKEN",
            "folders": ["konnect/Größe_1/envs/dev.1/teams/flight-data"],
            "tags": [],
        }
        self.assertEqual(json.loads(self.run_script("control-planes.sh")), [expected])

    def test_teams_that_share_a_control_plane_are_one_entry(self):
        for team in ("flight-data", "customer-data"):
            self.stage(team, "service", "service", environment="prd")
        [plane] = json.loads(self.run_script("control-planes.sh"))
        self.assertEqual(plane["name"], SHARED)
        teams = "konnect/Größe_1/envs/prd/teams"
        self.assertEqual(plane["folders"], [f"{teams}/customer-data", f"{teams}/flight-data"])

    def test_folders_of_what_left_the_configuration_are_left_out(self):
        self.write("konnect/Größe_1/envs/gone/teams/flight-data/kong.yaml", "")
        self.write("konnect/Größe_1/envs/dev.1/teams/gone/kong.yaml", "")
        self.write("konnect/Gone/envs/dev.1/teams/flight-data/kong.yaml", "")
        self.assertEqual(json.loads(self.run_script("control-planes.sh")), [])

    def test_a_token_that_is_in_no_variable_is_an_error_that_names_the_organization(self):
        self.write("konnect/organizations.yaml", ORGANIZATIONS.replace("type: env", "type: file"))
        self.stage("flight-data", "flights", "flights")
        done = subprocess.run(
            ["bash", SCRIPTS / "control-planes.sh"], cwd=self.root, env=self.environment, capture_output=True, text=True
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the access-token of the organization Größe_1", done.stderr)


class Conversion(Case):
    def environments(self):
        self.run_script("changed-environments.sh")
        return json.loads(self.outputs()["environments"])

    def test_a_repository_with_nothing_staged_has_nothing_to_convert(self):
        self.commit()
        self.assertEqual(self.environments(), [])

    def test_what_is_converted_and_committed_is_not_proposed_again(self):
        for service in AWKWARD:
            self.stage("flight-data", service, service)
        self.environments()
        self.commit()
        self.assertEqual(self.environments(), [])

    def test_every_service_is_converted_whatever_its_key(self):
        folders = [self.stage("flight-data", service, service) for service in AWKWARD]
        self.commit()
        expected = {"folder": "konnect/Größe_1/envs/dev.1", "branch": "deck/openapi/Gr%C3%B6%C3%9Fe_1/dev.1"}
        self.assertEqual(self.environments(), [expected])
        for service, folder in zip(AWKWARD, folders):
            converted = json.loads((self.root / folder / "kong-from-oas.yaml").read_text())
            self.assertEqual(converted, {"services": [{"name": service, "tags": [f"ko-api-name={service}"]}]})

    def test_only_environments_that_changed_are_proposed(self):
        self.stage("flight-data", "flights", "flights")
        self.environments()
        self.commit()
        self.stage("flight-data", "flights", "flights", environment="prd")
        self.assertEqual([found["folder"] for found in self.environments()], ["konnect/Größe_1/envs/prd"])

    def test_the_conversion_of_a_specification_that_is_gone_is_removed(self):
        folder = self.stage("flight-data", AWKWARD[0], "flights")
        self.environments()
        self.commit()
        for file in ("openapi.yaml", "ko-patch.yaml"):
            (self.root / folder / file).unlink()
        self.assertEqual(len(self.environments()), 1)
        self.assertFalse((self.root / folder / "kong-from-oas.yaml").exists())

    def test_the_plugins_beside_a_specification_are_added_to_it_and_to_no_other(self):
        folders = [self.stage("flight-data", service, service) for service in AWKWARD]
        self.write(f"{folders[0]}/plugins.yaml", "rate-limiting")
        # The plugins of the team and the environment are added to what is merged.
        self.write("konnect/Größe_1/envs/dev.1/plugins.yaml", "cors")
        self.environments()
        converted = [json.loads((self.root / folder / "kong-from-oas.yaml").read_text()) for folder in folders]
        plugins = [found["services"][0].get("plugins") for found in converted]
        self.assertEqual(plugins, [["rate-limiting"], *[None] * (len(AWKWARD) - 1)])
        self.assertEqual(list(self.root.glob("**/*.new")), [])

    def test_a_specification_that_decK_refuses_fails_the_run(self):
        self.stage("flight-data", "flights", "broken")
        self.run_script("changed-environments.sh", code=1)
        self.assertFalse(self.output.exists())


class Merging(Case):
    def planes(self):
        self.run_script("changed-control-planes.sh")
        return json.loads(self.outputs()["control-planes"])

    def test_what_is_merged_and_committed_is_not_proposed_again(self):
        self.stage("flight-data", "flights", "flights")
        self.run_script("changed-environments.sh")
        self.planes()
        self.commit()
        self.assertEqual(self.planes(), [])

    def test_the_services_of_a_team_become_one_file(self):
        for service in AWKWARD:
            self.stage("flight-data", service, service)
        self.run_script("changed-environments.sh")
        [plane] = self.planes()
        self.assertEqual(plane["name"], "flight-data-dev.1")
        self.assertEqual(plane["branch"], "deck/kong/Gr%C3%B6%C3%9Fe_1/eu/flight-data-dev%2E1")
        merged = json.loads((self.root / "konnect/Größe_1/envs/dev.1/teams/flight-data/kong.yaml").read_text())
        self.assertCountEqual([service["name"] for service in merged["services"]], AWKWARD)

    def test_the_plugins_of_the_team_come_before_those_of_the_environment(self):
        for team in ("flight-data", "customer-data"):
            folder = self.stage(team, AWKWARD[1], team)
            self.write(f"{folder}/plugins.yaml", "of the service")
        self.write("konnect/Größe_1/envs/dev.1/plugins.yaml", "of the environment")
        self.write("konnect/Größe_1/envs/dev.1/teams/flight-data/plugins.yaml", "of the team")
        self.run_script("changed-environments.sh")
        self.planes()
        merged = self.root / "konnect/Größe_1/envs/dev.1/teams"
        plugins = [
            json.loads((merged / team / "kong.yaml").read_text())["services"][0]["plugins"]
            for team in ("flight-data", "customer-data")
        ]
        expected = [["of the service", "of the team", "of the environment"], ["of the service", "of the environment"]]
        self.assertEqual(plugins, expected)

    def test_the_branch_of_every_control_plane_is_one_that_git_takes(self):
        self.stage("flight-data", "flights", "flights", environment="prd")
        self.run_script("changed-environments.sh")
        [plane] = self.planes()
        self.git("check-ref-format", "--branch", plane["branch"])

    def test_a_team_whose_last_service_is_gone_asks_for_nothing(self):
        folder = self.stage("flight-data", "flights", "flights")
        self.run_script("changed-environments.sh")
        self.planes()
        self.commit()
        (self.root / folder / "kong-from-oas.yaml").unlink()
        self.assertEqual([plane["name"] for plane in self.planes()], ["flight-data-dev.1"])
        merged = self.root / "konnect/Größe_1/envs/dev.1/teams/flight-data/kong.yaml"
        self.assertEqual(merged.read_text(), '_format_version: "3.0"\n')

    def test_the_diff_is_that_of_all_teams_on_the_control_plane(self):
        for team in ("flight-data", "customer-data"):
            self.stage(team, "service", f"service of {team}", environment="prd")
        self.run_script("changed-environments.sh")
        variables = {"ORGANIZATION": "Größe_1", "REGION": "us", "CONTROL_PLANE": SHARED, "GROESSE_TOKEN": "kpat_secret"}
        diff = self.scratch / "diff.txt"
        printed = self.run_script("merge-and-diff.sh", diff, **variables)
        expected = "creating service service of customer-data\ncreating service service of flight-data\n"
        self.assertEqual(diff.read_text(), expected)
        self.assertEqual(printed, expected)


class Syncing(Case):
    def setUp(self):
        super().setUp()
        for team in ("flight-data", "customer-data"):
            self.write(f"konnect/Größe_1/envs/prd/teams/{team}/kong.yaml", '{"services": []}')
        self.write("konnect/Größe_1/envs/dev.1/teams/flight-data/kong.yaml", '{"services": []}')
        self.before = self.commit()

    def pushed(self, before):
        self.run_script("pushed-control-planes.sh", BEFORE=before)
        return [plane["name"] for plane in json.loads(self.outputs()["control-planes"])]

    def sync(self, code=0, **variables):
        variables = {"ORGANIZATION": "Größe_1", "REGION": "us", "CONTROL_PLANE": SHARED} | variables
        return self.run_script("gateway.sh", "sync", code=code, **variables)

    def test_a_push_without_configuration_syncs_nothing(self):
        self.write("README.md", "")
        self.commit()
        self.assertEqual(self.pushed(self.before), [])

    def test_a_push_syncs_the_control_planes_of_its_files(self):
        self.write("konnect/Größe_1/envs/dev.1/teams/flight-data/kong.yaml", '{"services": [{"name": "flights"}]}')
        self.commit()
        self.assertEqual(self.pushed(self.before), ["flight-data-dev.1"])

    def test_a_run_by_hand_and_a_branch_made_anew_sync_all(self):
        for before in ("", "0" * 40, "deadbeef" * 5):
            self.assertCountEqual(self.pushed(before), [SHARED, "flight-data-dev.1"])

    def test_a_sync_hands_decK_the_files_of_every_team_on_the_control_plane(self):
        self.sync(GROESSE_TOKEN="kpat_secret")
        [asked] = self.asked_of_deck()
        teams = "konnect/Größe_1/envs/prd/teams"
        self.assertEqual(asked["files"], [f"{teams}/customer-data/kong.yaml", f"{teams}/flight-data/kong.yaml"])
        self.assertEqual(asked["konnect_control_plane_name"], SHARED)
        self.assertEqual(asked["konnect_addr"], "https://us.api.konghq.com")

    def test_a_sync_is_about_the_objects_with_the_tags_of_the_environment(self):
        self.sync(GROESSE_TOKEN="kpat_secret")
        tags = 'select-tags: ["of $(touch pwned)", koctl]'
        self.write("konnect/organizations.yaml", ORGANIZATIONS.replace("region: us", f"region: us\n        {tags}"))
        self.sync(GROESSE_TOKEN="kpat_secret")
        self.assertEqual([asked["select_tag"] for asked in self.asked_of_deck()], [[], ["koctl", "of $(touch pwned)"]])

    def test_the_token_is_handed_on_in_the_environment_and_shown_nowhere(self):
        printed = self.sync(GROESSE_TOKEN="kpat_secret")
        [asked] = self.asked_of_deck()
        self.assertEqual(asked["token"], "kpat_secret")
        self.assertNotIn("kpat_secret", printed + " ".join(asked["arguments"]))

    def test_a_missing_secret_is_named_and_nothing_is_asked_of_decK(self):
        self.assertIn("The secret GROESSE_TOKEN is empty", self.sync(code=1))
        self.assertEqual(self.asked_of_deck(), [])

    def test_a_control_plane_that_left_the_configuration_is_left_alone(self):
        self.assertIn("::notice::", self.sync(CONTROL_PLANE="gone", GROESSE_TOKEN="kpat_secret"))
        self.assertEqual(self.asked_of_deck(), [])


class Conformance(Case):
    def pull_request(self, title):
        """A merge commit, as GitHub makes it for a pull request that stages a specification."""
        self.write("konnect/rules/deck.yaml", "rules: {}")
        self.commit()
        self.git("switch", "--quiet", "--create", "topic")
        self.stage("flight-data", AWKWARD[1], title)
        self.commit()
        self.git("switch", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "topic")

    def test_a_pull_request_that_stages_nothing_is_in_order(self):
        self.commit()
        self.write("README.md", "")
        self.commit()
        self.assertEqual(self.run_script("lint-deck.sh"), "")

    def test_what_a_staged_specification_turns_into_is_checked(self):
        self.pull_request("flights")
        self.assertIn("ünï/[a-z]*/openapi.yaml", self.run_script("lint-deck.sh"))

    def test_a_violation_fails_the_run(self):
        self.pull_request("frowned-upon")
        self.run_script("lint-deck.sh", code=1)

    def test_plugins_that_change_are_checked_with_the_specification_beside_them(self):
        self.write("konnect/rules/deck.yaml", "rules: {}")
        folder = self.stage("flight-data", AWKWARD[1], "flights")
        self.stage("flight-data", f"{AWKWARD[1]}/below", "other")
        self.commit()
        self.write(f"{folder}/plugins.yaml", "frowned-upon")
        self.commit()
        printed = self.run_script("lint-deck.sh", code=1)
        self.assertEqual(printed.count("Checking the result of converting"), 1)

    def test_a_changed_decK_file_is_checked(self):
        self.commit()
        self.write("konnect/Größe_1/envs/prd/teams/flight-data/kong.yaml", '{"services": [{"name": "frowned-upon"}]}')
        self.commit()
        self.run_script("lint-deck.sh", code=1)


class Fencing(Case):
    def fenced(self, text, *limit):
        file = self.scratch / "text"
        file.write_text(text)
        return self.run_script("fence.sh", file, "diff", *limit)

    def test_a_text_stands_between_fences(self):
        self.assertEqual(self.fenced("+ service"), "```diff\n+ service\n```\n")

    def test_no_text_can_leave_its_fence(self):
        self.assertEqual(self.fenced("a\n````\nb"), "`````diff\na\n````\nb\n`````\n")

    def test_a_long_text_is_cut_between_characters_and_said_to_be(self):
        shown = self.fenced("ääää", "2")
        self.assertIn("```diff\nää\n```\n", shown)
        self.assertIn("The text is incomplete", shown)


class State(Case):
    def platform(self, text):
        self.write("konnect/platform.yaml", textwrap.dedent(text))

    def test_a_state_that_lasts_is_fine(self):
        self.platform("platform: {state: {url: 'github://acme/platform/koctl-state'}}")
        self.assertEqual(self.run_script("state-url.sh"), "")

    def test_a_state_on_the_runner_is_refused_with_what_to_set(self):
        for text in ("platform: {}", "platform: {state: {url: 'file:.koctl/state'}}"):
            self.platform(text)
            self.assertIn("github://acme/platform/koctl-state", self.run_script("state-url.sh", code=1))

    def test_without_platform_settings_it_is_refused_too(self):
        self.assertIn("Set platform.state.url", self.run_script("state-url.sh", code=1))


class Installing(Case):
    def test_what_is_not_set_is_named(self):
        self.assertIn("KOCTL_DOWNLOAD_URL is not set", self.run_script("install-tool.sh", "koctl", code=1))
        printed = self.run_script("install-tool.sh", "deck", code=1, TOOL_URL="https://localhost/deck.tar.gz")
        self.assertIn("DECK_SHA256 is not set", printed)


class Koctl(Case):
    """The scripts that run koctl, which is a stand-in here that does as it is told."""

    def koctl(self, code, stdout="", stderr=""):
        text = f"""\
            #!{sys.executable}
            import pathlib, sys
            pathlib.Path({str(self.scratch / "asked")!r}).write_text(" ".join(sys.argv[1:]))
            sys.stdout.write({stdout!r})
            sys.stderr.write({stderr!r})
            sys.exit({code})
            """
        self.program(self.scratch / "bin/koctl", textwrap.dedent(text))

    def asked(self):
        return (self.scratch / "asked").read_text()

    def plans(self, code=0, stderr="", page="**Plan: 1 to add, 0 to change, 0 to destroy.**\n\nRisks.\n"):
        """koctl makes a plan, and shows it as `page`; without one, it makes none."""
        text = f"""\
            #!{sys.executable}
            import pathlib, sys
            with open({str(self.scratch / "asked")!r}, "a") as asked:
                asked.write(" ".join(sys.argv[1:]) + "\\n")
            if sys.argv[1] == "show":
                sys.stdout.write({page!r})
                sys.exit(0)
            if {page!r}:
                pathlib.Path(sys.argv[sys.argv.index("--out") + 1]).write_text("a plan")
            sys.stderr.write({stderr!r})
            sys.exit({code})
            """
        self.program(self.scratch / "bin/koctl", textwrap.dedent(text))
        run = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "9"}
        self.run_script("plan.sh", "plan", code=code, **run)
        self.assertEqual(self.outputs(), {"code": str(code)})
        return (self.root / "plan/comment.md").read_text()

    RUN = "\nThe [summary of the run](https://github.com/acme/platform/actions/runs/9) has all details.\n"

    def test_a_plan_is_saved_and_shown_with_its_counts_in_the_heading(self):
        heading = "### koctl plan: 1 to add, 0 to change, 0 to destroy.\n\nRisks.\n"
        self.assertEqual(self.plans(), heading + self.RUN)
        self.assertEqual(self.summary(), heading)
        self.assertEqual(self.asked().splitlines(), [
            "plan --color never --out plan/plan.koctl",
            "show --markdown --limit 900000 plan/plan.koctl",
            "show --markdown --limit 58000 plan/plan.koctl",
        ])  # fmt: skip

    def test_a_plan_without_changes_says_so_in_the_heading(self):
        comment = self.plans(page="**No changes. All is as it should be.**\n")
        self.assertTrue(comment.startswith("### koctl plan: No changes. All is as it should be.\n"), comment)

    def test_a_plan_that_failed_says_why_and_fails_the_run(self):
        expected = "### koctl plan failed\n\n```text\nerror: no token\n```\n\n"
        self.assertEqual(self.plans(code=1, stderr="error: no token", page=""), expected + self.RUN)

    def test_what_could_be_planned_beside_a_failure_is_shown_after_it(self):
        comment = self.plans(code=1, stderr="error: no specification")
        self.assertTrue(comment.startswith("### koctl plan failed\n"), comment)
        self.assertIn("```\n\n### koctl plan: 1 to add", comment)

    def test_no_drift_is_a_green_run(self):
        self.koctl(0, stdout="No drift.")
        self.run_script("drift.sh")
        summary = self.scratch / "summary"
        self.assertEqual(
            self.asked(), f"drift --color never --lock-timeout 900 --skip-locked --markdown {summary}"
        )

    def test_drift_fails_the_run(self):
        self.koctl(2, stdout="~ portal")
        self.assertIn("::error::Resources changed outside koctl", self.run_script("drift.sh", code=2))

    def test_what_could_not_be_read_fails_the_run(self):
        self.koctl(1)
        self.assertIn("::error::koctl could not check", self.run_script("drift.sh", code=1))

    def test_drift_is_told_in_an_issue_where_asked(self):
        self.koctl(0)
        self.run_script("drift.sh", DRIFT_ISSUE="true")
        self.assertTrue(self.asked().endswith(" --github-issue"))
        self.run_script("drift.sh", DRIFT_ISSUE="")
        self.assertNotIn("--github-issue", self.asked())

    def summary(self):
        return (self.scratch / "summary").read_text()

    def test_drift_leaves_out_what_is_not_managed_where_asked(self):
        self.koctl(0)
        self.run_script("drift.sh", DRIFT_MANAGED_ONLY="true")
        self.assertTrue(self.asked().endswith(" --managed-only"))
        self.run_script("drift.sh", DRIFT_MANAGED_ONLY="")
        self.assertNotIn("--managed-only", self.asked())

    def test_a_merge_applies_the_reviewed_plan(self):
        self.koctl(0)
        self.run_script("apply.sh", "plan/plan.koctl", GITHUB_EVENT_NAME="push", ALLOW_DESTROY="")
        expected = "apply --color never --lock-timeout 1800 --reviewed plan/plan.koctl --skip-guarded"
        self.assertEqual(self.asked(), expected)
        self.assertFalse(self.output.exists(), "nothing was applied")

    def test_a_stale_plan_fails_with_what_to_do(self):
        self.koctl(1, stderr="error: the plan is stale")
        printed = self.run_script("apply.sh", "plan/plan.koctl", code=1, GITHUB_EVENT_NAME="push")
        self.assertIn("error: the plan is stale", printed)
        self.assertIn("is applied by the next hourly run", printed)
        self.assertIn('run the workflow "koctl apply" by hand', printed)
        self.assertIn("error: the plan is stale", self.summary())

    def test_every_other_run_plans_afresh_and_leaves_out_what_a_person_has_to_approve(self):
        self.koctl(0, stdout="Apply complete! Resources: 1 added")
        for event in ("schedule", "repository_dispatch", "workflow_dispatch"):
            self.run_script("apply.sh", "plan/plan.koctl", ALLOW_DESTROY="false", GITHUB_EVENT_NAME=event)
            expected = "apply --color never --lock-timeout 1800 --auto-approve --skip-guarded"
            self.assertEqual(self.asked(), expected, event)
        self.assertEqual(self.outputs(), {"changed": "true"})
        self.assertIn("### What was merged, specified or changed since the last apply", self.summary())
        self.assertIn("```text\nApply complete! Resources: 1 added\n```", self.summary())

    def test_a_run_by_hand_destroys_only_where_asked(self):
        self.koctl(0)
        self.run_script("apply.sh", ALLOW_DESTROY="true", GITHUB_EVENT_NAME="workflow_dispatch")
        self.assertEqual(self.asked(), "apply --color never --lock-timeout 1800 --auto-approve --allow-destroy")

    def test_what_waits_for_a_person_is_said(self):
        self.koctl(0, stderr="warning: The destruction of 1 guarded resource waits for a person")
        printed = self.run_script("apply.sh", GITHUB_EVENT_NAME="schedule")
        self.assertIn("::warning::Deletions or replacements wait for a person.", printed)
        self.assertIn("waits for a person", self.summary())

    def test_an_environment_is_applied_by_the_addresses_of_its_changes(self):
        self.koctl(0)
        targets = json.dumps(["Acme/api/dev/a b", "Acme/portal/dev"])
        self.run_script("apply.sh", "plan.koctl", GITHUB_EVENT_NAME="push", TARGETS=targets)
        expected = "--reviewed plan.koctl --skip-guarded --target Acme/api/dev/a b --target Acme/portal/dev"
        self.assertTrue(self.asked().endswith(expected), self.asked())


class Environments(Case):
    """How a plan is split by environment. koctl is a stand-in with a plan."""

    CHANGES = [
        ("Größe_1/team/flight-data", "create"),
        ("Größe_1/control_plane/dev.1/flight-data-dev.1", "create"),
        ("Größe_1/api/dev.1/KongAir/fl[i]ghts*", "update"),
        ("Größe_1/portal/dev.1", "no-op"),
        ("Größe_1/portal/prd", "update"),
        ("Größe_1/user/dev.2", "create"),
        ("@platform/repository_files/acme/platform", "update"),
    ]

    def plan(self, changes=CHANGES, text="Plan: 6 to add", code=0):
        entries = [{"address": address, "change": {"actions": [action]}} for address, action in changes]
        text = f"""\
            #!{sys.executable}
            import pathlib, sys
            if sys.argv[1] == "show":
                print({json.dumps({"resource_changes": entries})!r})
            else:
                pathlib.Path(sys.argv[sys.argv.index("--out") + 1]).write_text("a plan")
                print({text!r})
                sys.exit({code})
            """
        self.program(self.scratch / "bin/koctl", textwrap.dedent(text))

    def split(self):
        self.run_script("environments.sh")
        return {name: json.loads(value) for name, value in self.outputs().items()}

    def test_without_changes_there_is_nothing_to_apply(self):
        self.plan([("Größe_1/portal/prd", "no-op")])
        self.assertEqual(self.split(), {"dev": [], "prod": []})

    def test_what_is_of_no_environment_comes_first_and_dev_before_prod(self):
        self.plan()
        common = ["Größe_1/team/flight-data", "Größe_1/user/dev.2", "@platform/repository_files/acme/platform"]
        dev = ["Größe_1/control_plane/dev.1/flight-data-dev.1", r"Größe_1/api/dev.1/KongAir/fl\[i\]ghts\*"]
        expected = {
            "dev": [{"environment": "koctl", "targets": common}, {"environment": "dev.1", "targets": dev}],
            "prod": [{"environment": "prd", "targets": ["Größe_1/portal/prd"]}],
        }
        self.assertEqual(self.split(), expected)
        self.assertIn("Plan: 6 to add", (self.scratch / "summary").read_text())

    def test_a_plan_that_failed_is_not_split(self):
        self.plan(code=1)
        self.run_script("environments.sh", code=1)
        self.assertFalse(self.output.exists())


TOKEN = "ghp_secret"


class Sandboxed(Case):
    """A checkout of `acme/platform`, whose GitHub is the sandbox."""

    def setUp(self):
        super().setUp()
        command = [os.environ["KOCTL"], "sandbox", "--organization", "acme", "--dir", self.scratch / "sandbox"]
        sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, sandbox)
        variables = {}
        while "ACME_KONNECT_TOKEN" not in variables:
            name, value = sandbox.stdout.readline().removeprefix("export ").strip().split("=", 1)
            variables[name] = value.strip("'")
        self.api = variables["KOCTL_GITHUB_URL"]
        self.environment |= variables | {"GITHUB_API_URL": self.api, "GH_TOKEN": TOKEN, "GIT_TERMINAL_PROMPT": "0"}
        self.root = self.scratch / "checkout"
        self.root.mkdir()
        self.git("clone", "--quiet", f"{self.api}/acme/platform.git", ".")
        self.body = self.scratch / "body.md"
        self.body.write_text("What changes.\n")

    def end(self, sandbox):
        sandbox.send_signal(signal.SIGTERM)
        sandbox.communicate()

    def ask(self, path):
        request = urllib.request.Request(f"{self.api}/repos/acme/platform/{path}")
        request.add_header("Authorization", "Bearer test")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def pulls(self, state="open"):
        return self.ask(f"pulls?state={state}")

    def branches(self):
        return [branch["name"] for branch in self.ask("branches")]

    def propose(self, branch, text, title="A title"):
        """Proposes a file with this text, from a fresh checkout of main."""
        self.git("switch", "--quiet", "--force", "main")
        self.git("reset", "--quiet", "--hard", "origin/main")
        self.write("konnect/file.yaml", text)
        printed = self.run_script("propose.sh", branch, title, self.body, ":(glob)konnect/**")
        self.assertNotIn(TOKEN, printed)
        return printed


class Proposing(Sandboxed):
    BRANCH = "deck/openapi/Gr%C3%B6%C3%9Fe_1/dev.1"

    def test_nothing_is_proposed_where_nothing_changed(self):
        printed = self.run_script("propose.sh", self.BRANCH, "A title", self.body, ":(glob)konnect/**")
        self.assertIn("no pull request is needed", printed)
        self.assertEqual((self.pulls(), self.branches()), ([], ["main"]))

    def test_a_change_becomes_a_pull_request(self):
        self.write("outside.txt", "not part of it")
        self.propose(self.BRANCH, "one")
        [pull] = self.pulls()
        self.assertEqual((pull["title"], pull["body"]), ("A title", "What changes.\n"))
        self.assertEqual((pull["head"]["ref"], pull["base"]["ref"]), (self.BRANCH, "main"))
        files = self.ask(f"pulls/{pull['number']}/files")
        self.assertEqual([file["filename"] for file in files], ["konnect/file.yaml"])

    def test_the_same_change_is_not_pushed_again(self):
        self.propose(self.BRANCH, "one")
        [before] = self.pulls()
        self.assertIn("is up to date", self.propose(self.BRANCH, "one"))
        [after] = self.pulls()
        self.assertEqual(after["head"]["sha"], before["head"]["sha"])

    def test_another_change_brings_the_pull_request_up_to_date(self):
        self.propose(self.BRANCH, "one")
        [before] = self.pulls()
        self.propose(self.BRANCH, "two", title="Another title")
        [after] = self.pulls()
        self.assertEqual((after["number"], after["title"]), (before["number"], "Another title"))
        self.assertNotEqual(after["head"]["sha"], before["head"]["sha"])

    def test_a_refusal_of_github_is_shown_and_fails_the_run(self):
        self.environment["GITHUB_REPOSITORY"] = "acme/none"
        self.write("konnect/file.yaml", "one")
        command = ["bash", SCRIPTS / "propose.sh", "branch", "A title", self.body, "konnect"]
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("could not GET pulls", done.stderr)
        self.assertIn("Not Found", done.stderr)
        self.assertNotIn(TOKEN, done.stderr)


class Withdrawing(Sandboxed):
    def setUp(self):
        super().setUp()
        for branch in ("deck/kong/gone%2E", "deck/kong/wanted", "deck/openapi/other"):
            self.propose(branch, branch)

    def test_pull_requests_that_are_wanted_stay(self):
        self.run_script("withdraw.sh", "deck/kong/", '["deck/kong/gone%2E", "deck/kong/wanted"]')
        self.assertEqual(len(self.pulls()), 3)

    def test_one_that_is_no_longer_wanted_is_closed_and_its_branch_deleted(self):
        self.run_script("withdraw.sh", "deck/kong/", '["deck/kong/wanted"]')
        self.assertCountEqual([pull["head"]["ref"] for pull in self.pulls()], ["deck/kong/wanted", "deck/openapi/other"])
        self.assertEqual([pull["head"]["ref"] for pull in self.pulls("closed")], ["deck/kong/gone%2E"])
        self.assertNotIn("deck/kong/gone%2E", self.branches())


class StandIn(Case):
    """A GitHub that answers what it is told to, by method and path, and writes down what it is sent."""

    def setUp(self):
        super().setUp()
        case = self
        self.answers, self.requests = {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.removeprefix("/repos/acme/platform/")
                case.requests.append((self.command, path, json.loads(body) if body else None))
                known = case.answers.get((self.command, path), case.answers.get((self.command, path.split("?")[0])))
                self.send_response(404 if known is None else 200)
                self.end_headers()
                self.wfile.write(json.dumps(known).encode())

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        address = f"http://127.0.0.1:{server.server_address[1]}"
        self.environment |= {"GITHUB_API_URL": address, "GH_TOKEN": TOKEN}

    def written(self):
        return [request for request in self.requests if request[0] != "GET"]


class Commenting(StandIn):
    MARKER = "<!-- koctl plan -->"

    def comment(self, comments):
        plan = self.scratch / "comment.md"
        plan.write_text("### koctl plan: 1 to add\n")
        self.answers[("GET", "issues/7/comments")] = comments
        self.answers[("POST", "issues/7/comments")] = self.answers[("PATCH", "issues/comments/3")] = {}
        self.run_script("plan-comment.sh", "7", plan)
        [(method, path, body)] = self.written()
        return method, path, body["body"]

    def test_the_first_plan_is_a_new_comment(self):
        expected = f"{self.MARKER}\n### koctl plan: 1 to add\n"
        self.assertEqual(self.comment([]), ("POST", "issues/7/comments", expected))

    def test_the_next_plan_replaces_it(self):
        comments = [
            {"id": 1, "user": {"type": "User"}, "body": "Looks good."},
            {"id": 3, "user": {"type": "Bot"}, "body": f"{self.MARKER}\nan older plan"},
        ]
        self.assertEqual(self.comment(comments)[:2], ("PATCH", "issues/comments/3"))

    def test_a_plan_is_never_written_into_a_comment_that_a_person_can_edit(self):
        comments = [{"id": 3, "user": {"type": "User"}, "body": f"{self.MARKER}\na trap"}]
        self.assertEqual(self.comment(comments)[:2], ("POST", "issues/7/comments"))


class FindingThePlan(StandIn):
    COMMIT, HEAD = "c" * 40, "a" * 40
    ARTIFACT = f"koctl-plan-7-{HEAD}"

    def find(self, pulls, runs, code=0):
        """Looks for the plan among artifacts of these runs, the oldest first."""
        self.answers[("GET", f"commits/{self.COMMIT}/pulls")] = pulls
        artifacts = [
            {"expired": run.get("expired", False), "created_at": f"2024-01-{day + 1:02}", "workflow_run": {"id": run["id"]}}
            for day, run in enumerate(runs)
        ]
        self.answers[("GET", f"actions/artifacts?name={self.ARTIFACT}&per_page=100")] = {"artifacts": artifacts}
        for run in runs:
            self.answers[("GET", f"actions/runs/{run['id']}")] = run
        command = ["bash", SCRIPTS / "reviewed-plan.sh", self.COMMIT]
        environment = self.environment | {"GITHUB_REF_NAME": "main"}
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def pull(self, **fields):
        merged = {"merged_at": "2024-01-01", "merge_commit_sha": self.COMMIT}
        return {"number": 7, "head": {"sha": self.HEAD}} | merged | fields

    def a_run(self, number, **fields):
        plain = {"path": ".github/workflows/koctl-plan.yml", "conclusion": "success", "event": "pull_request"}
        return {"id": number, "head_sha": self.HEAD, "head_branch": "feature"} | plain | fields

    def test_the_plan_of_the_merged_pull_request_is_found(self):
        others = [self.pull(number=5, merged_at=None), self.pull(number=6, merge_commit_sha="d" * 40)]
        found = self.find([*others, self.pull()], [self.a_run(42)])
        self.assertEqual(found, f"run=42\nartifact={self.ARTIFACT}\n")

    def test_the_newest_one_counts_which_may_have_been_made_after_another_apply(self):
        again = self.a_run(43, event="workflow_dispatch", head_branch="main", head_sha="f" * 40)
        self.assertIn("run=43\n", self.find([self.pull()], [self.a_run(42), again]))

    def test_an_artifact_of_another_workflow_branch_or_commit_is_no_plan(self):
        forged = [
            self.a_run(43, path=".github/workflows/other.yml"),
            self.a_run(44, event="workflow_dispatch", head_branch="feature"),
            self.a_run(45, head_sha="e" * 40),
            self.a_run(46, event="push", head_branch="main"),
            self.a_run(47, conclusion="failure"),
            self.a_run(48, expired=True),
        ]
        self.assertIn("run=42\n", self.find([self.pull()], [self.a_run(42), *forged]))
        self.assertIn("no successful plan of pull request #7", self.find([self.pull()], forged, code=1))

    def test_a_commit_that_no_pull_request_merged_has_no_plan(self):
        self.assertIn("so it has no reviewed plan. The next hourly run", self.find([], [], code=1))


class AskingForRuns(StandIn):
    def test_an_apply_is_asked_for(self):
        self.answers[("POST", "dispatches")] = {}
        self.run_script("request-apply.sh")
        self.assertEqual(self.requests, [("POST", "dispatches", {"event_type": "koctl-apply"})])

    def replan(self, pulls):
        """Starts plans for pull requests, which are numbers with the files that they change."""
        repository = {"full_name": "acme/platform"}
        fork = {"full_name": "mallory/platform"}
        heads = [{"number": number, "head": {"repo": repository if files else fork}} for number, files in pulls.items()]
        self.answers[("GET", "pulls")] = heads
        for number, files in pulls.items():
            self.answers[("GET", f"pulls/{number}/files")] = [{"filename": file} for file in files]
        self.answers[("POST", "actions/workflows/koctl-plan.yml/dispatches")] = {}
        self.run_script("replan.sh", DEFAULT_BRANCH="main")
        return [body for _, _, body in self.written()]

    def test_without_open_pull_requests_nothing_is_planned(self):
        self.assertEqual(self.replan({}), [])

    def test_pull_requests_that_a_plan_depends_on_are_planned_again(self):
        pulls = {
            1: ["konnect/teams.yaml"],
            2: ["konnect/Acme/envs/dev/teams/a/services/b/openapi.yaml", "README.md"],
            3: [],
            4: ["docs/a.md", ".github/koctl/plan.sh"],
            5: [".github/workflows/koctl-plan.yml"],
            6: ["konnect/Acme/envs/dev/portal/pages/guides/start.md"],
        }
        expected = [{"ref": "main", "inputs": {"pull-request": str(number)}} for number in (1, 4, 5, 6)]
        self.assertEqual(self.replan(pulls), expected)

    def test_the_paths_are_those_of_the_workflow(self):
        text = (FILES / "workflows/koctl-plan.yml").read_text()
        paths = re.search(r"pull_request:\n    paths:\n((?:      - .*\n)+)", text)[1].split("\n")
        expected = ["konnect/*.yaml", "konnect/*/envs/*/portal/**", ".github/workflows/koctl-*.yml", ".github/koctl/**"]
        self.assertEqual([path.strip().removeprefix("- ") for path in paths if path], expected)

    def find(self, code=0, **fields):
        plain = {"state": "open", "mergeable": True, "merge_commit_sha": "b" * 40}
        head = {"sha": "a" * 40, "repo": {"full_name": fields.pop("of", "acme/platform")}}
        self.answers[("GET", "pulls/7")] = plain | {"head": head} | fields
        command = ["bash", SCRIPTS / "pull-request.sh", "7"]
        environment = self.environment | {"KOCTL_TEST_PAUSE": "0"}
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_the_result_of_merging_is_what_is_planned(self):
        self.assertEqual(self.find(), f"head={'a' * 40}\nmerge={'b' * 40}\n")

    def test_a_pull_request_that_cannot_or_must_not_be_planned_is_refused(self):
        self.assertIn("is not open", self.find(code=1, state="closed"))
        self.assertIn("is from another repository", self.find(code=1, of="mallory/platform"))
        self.assertIn("conflicts with the default branch", self.find(code=1, mergeable=False))
        self.assertIn("has no test merge yet", self.find(code=1, mergeable=None))


if __name__ == "__main__":
    unittest.main()
