//! The manifest as users see it: which files are accepted, what they mean, and how errors look.

use std::fs;
use std::path::Path;

use koctl::manifest::document::parse_value;
use koctl::manifest::load::load_texts;
use koctl::manifest::model::{EnvironmentType, Notifications, Region};
use koctl::manifest::{Diagnostics, Loaded, Sources, load, render};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A small world that is right as it is: a team with one service, an organization with one environment.
const SMALL: &str = "\
teams:
  data:
    services:
      air/flights:
        name: flights
        git:
          remote: https://github.com/air/flights.git
organizations:
  air:
    access-token: {type: env, value: AIR_TOKEN}
    environments:
      dev:
        type: DEV
        region: eu
";

fn check(text: &str) -> Result<Loaded, Diagnostics> {
    load_texts(&[("koctl.yaml", text)], Path::new("."))
}

/// The small world with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "the small world has no {from}");
    SMALL.replacen(from, to, 1)
}

/// The screen that a text's errors make.
fn screen(text: &str) -> String {
    match check(text) {
        Ok(_) => "no errors".to_owned(),
        Err(errors) => render(&errors, false, 100),
    }
}

/// The errors of a text, a line each.
fn lines(text: &str) -> String {
    check(text).map_or_else(|errors| errors.to_string(), |_| "no errors".to_owned())
}

fn maximal() -> Sources {
    Sources { file: Some("testdata/manifest/maximal.yaml".into()), ..Sources::default() }
}

// Accepted files.

#[test]
fn a_right_manifest_has_no_errors() {
    assert_eq!(screen(SMALL), "no errors");
}

#[test]
fn the_usual_folder_is_read_and_its_defaults_are_filled_in() {
    let loaded = load(&Sources::directory("testdata/manifest/usual")).unwrap();
    assert_eq!(loaded.directory, Path::new("testdata/manifest/usual"));
    let hotels = &loaded.manifest.teams["crew-planning"].services["NorthWind/hotels"];
    assert_eq!((hotels.spec_path.as_str(), hotels.protect), ("openapi.yaml", false));
    assert_eq!(hotels.branch(EnvironmentType::Prod), "main");
    assert_eq!(hotels.branch(EnvironmentType::Dev), "dev");
    let organization = &loaded.manifest.organizations["NorthWind"];
    assert_eq!(organization.notifications, Notifications { email: true, in_app: true });
    assert!(organization.enable_custom_reports);
    let production = &organization.environments["prd"];
    assert_eq!((production.r#type, production.region), (EnvironmentType::Prod, Region::Eu));
    assert!(production.teams.is_none(), "without `teams`, every team takes part");
}

#[test]
fn every_key_is_read() {
    let loaded = load(&maximal()).unwrap();
    insta::assert_json_snapshot!(loaded.manifest);
}

#[test]
fn one_file_and_three_files_mean_the_same() {
    let read = |name: &str| fs::read_to_string(format!("testdata/manifest/usual/konnect/{name}")).unwrap();
    let whole = format!("{}{}", read("teams.yaml"), read("organizations.yaml"));
    let folder = load(&Sources::directory("testdata/manifest/usual")).unwrap();
    assert_eq!(check(&whole).unwrap().manifest.digest(), folder.manifest.digest());
    let named = Sources {
        teams: Some("testdata/manifest/usual/konnect/teams.yaml".into()),
        organizations: Some("testdata/manifest/usual/konnect/organizations.yaml".into()),
        ..Sources::default()
    };
    assert_eq!(load(&named).unwrap().manifest.digest(), folder.manifest.digest());
}

#[test]
fn json_is_yaml() {
    let yaml = check(SMALL).unwrap();
    let value = parse_value(SMALL).unwrap();
    let compact = check(&value.to_string()).unwrap();
    let pretty = check(&serde_json::to_string_pretty(&value).unwrap().replace("  ", "\t")).unwrap();
    assert_eq!((compact.manifest.digest(), pretty.manifest.digest()), (yaml.manifest.digest(), yaml.manifest.digest()));
}

#[test]
fn anchors_and_merge_keys_work_with_what_is_written_winning() {
    let loaded = check(&format!(
        "{SMALL}      qa: &qa\n        type: DEV\n        region: us\n      staging:\n        <<: *qa\n        region: au\n"
    ))
    .unwrap();
    let environments = &loaded.manifest.organizations["air"].environments;
    assert_eq!((environments["qa"].region, environments["staging"].region), (Region::Us, Region::Au));
    assert_eq!(environments["staging"].r#type, EnvironmentType::Dev);
}

#[test]
fn empty_optional_values_count_as_absent() {
    let empty = changed("  data:\n", "  data:\n    description: ''\n    users:\n");
    let empty = empty.replace("region: eu\n", "region: eu\n        portal:\n");
    let empty = empty.replace("        git:\n", "        spec-path:\n        dev-branch-name: ''\n        git:\n");
    assert_eq!(check(&empty).unwrap().manifest.digest(), check(SMALL).unwrap().manifest.digest());
}

#[test]
fn an_empty_key_is_refused_where_no_key_means_more_than_an_empty_value() {
    let at = |key: &str, indent: usize| format!("{SMALL}{:indent$}{key}\n", "");
    insta::assert_snapshot!(screen(&at("teams:", 8)), @"
    koctl::manifest::ambiguous

      × `teams` of organizations.air.environments.dev is empty, which has no clear meaning
        ╭─[koctl.yaml:15:9]
     14 │         region: eu
     15 │         teams:
        ·         ─────
        ╰────
      help: write `teams: {}` for none, or leave the key out. The teams in this environment by name.
            Without it, every team with every service.

    1 error in 1 file.
    ");
    for (text, empty) in [
        (at("teams: null", 8), "teams"),
        (at("teams: ~", 8), "teams"),
        (at("protect:", 8), "protect"),
        (at("enable-custom-reports:", 4), "enable-custom-reports"),
        (at("notifications: {email: }", 4), "email"),
        (at("teams: {data: {services: }}", 8), "services"),
        (at("authorization: {oidc: }", 4), "oidc"),
        (at("authorization: {oidc: {scopes: }}", 4), "scopes"),
        (at("authorization: {team-mappings: {idp: }}", 4), "idp"),
        (
            changed(
                "remote: https://github.com/air/flights.git",
                "remote: https://github.com/air/flights.git\n          auth:",
            ),
            "auth",
        ),
        (format!("platform: {{state: {{url: 'file:x', encryption: }}}}\n{SMALL}"), "encryption"),
        (format!("platform: {{git: {{github: null}}}}\n{SMALL}"), "github"),
        (check_json(|json| json["organizations"]["air"]["environments"]["dev"]["teams"] = Value::Null), "teams"),
    ] {
        let lines = lines(&text);
        assert!(
            lines.contains(&format!("`{empty}` of ")) && lines.ends_with(" is empty, which has no clear meaning"),
            "{text}: {lines}"
        );
        assert_eq!(lines.lines().count(), 1, "{lines}");
    }
    let text = at("teams: ''", 8);
    insta::assert_snapshot!(lines(&text), @"koctl.yaml:15:16: organizations.air.environments.dev.teams must be a mapping, not a string");
    // Written as what they mean, they are right.
    for right in ["teams: {}", "teams: {data: }", "teams: {data: {services: {}}}", "protect: false"] {
        assert_eq!(lines(&at(right, 8)), "no errors", "{right}");
    }
}

/// The small world as JSON with one thing changed.
fn check_json(change: impl FnOnce(&mut Value)) -> String {
    let mut value = parse_value(SMALL).expect("the small world is right");
    change(&mut value);
    value.to_string()
}

#[test]
fn a_scalar_keeps_its_text_wherever_a_text_is_expected() {
    for written in [
        "1.10",
        "1.00",
        "0777",
        "08",
        "0x10",
        "0o17",
        "1e3",
        "12345678901234567890123",
        "true",
        "False",
        "2024-01-01",
        "1.",
        ".5",
        "+7",
        "-0",
        "1_000",
        "no",
    ] {
        let team = "{data: {services: {§: {branch: §}}}}";
        let plain = SMALL.replace("region: eu\n", &format!("region: eu\n        teams: {team}\n"));
        let service = "§:\n        description: §\n        prod-branch-name: §\n        spec-path: §";
        let plain =
            plain.replace("air/flights:", service).replace("type: env, value: AIR_TOKEN", "type: literal, value: §");
        let plain = plain.replace("  data:\n", "  data:\n    description: §\n");
        let quoted = plain.replace('§', &format!("'{written}'"));
        let plain = plain.replace('§', written);
        let (plain, quoted) = (check(&plain), check(&quoted));
        match (plain, quoted) {
            (Ok(plain), Ok(quoted)) => {
                assert_eq!(plain.manifest.digest(), quoted.manifest.digest(), "{written}");
                let team = &plain.manifest.teams["data"];
                assert_eq!(team.description.as_deref(), Some(written));
                assert_eq!(team.services[written].spec_path, written);
            }
            // What is refused is refused alike, with the same words.
            (Err(plain), Err(quoted)) => {
                let messages = |errors: &Diagnostics| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
                assert_eq!(messages(&plain), messages(&quoted), "{written}");
            }
            (plain, quoted) => panic!("{written}: {plain:?} {quoted:?}"),
        }
    }
    let compact = check_json(|json| json["teams"]["data"]["description"] = "DESCRIPTION".into());
    let compact = check(&compact.replace("\"DESCRIPTION\"", "1.10")).unwrap();
    assert_eq!(compact.manifest.teams["data"].description.as_deref(), Some("1.10"));
}

#[test]
fn a_byte_order_mark_and_escaped_surrogates_are_read() {
    let json = check_json(|json| json["teams"]["data"]["description"] = "EMOJI".into());
    let json = json.replace("EMOJI", r"\ud83d\ude82 \\ud83d");
    for text in [json.clone(), format!("\u{feff}{json}"), format!("\u{feff} \n{json}")] {
        let loaded = check(&text).unwrap();
        assert_eq!(loaded.manifest.teams["data"].description.as_deref(), Some(r"🚂 \ud83d"));
    }
    assert_eq!(check(&format!("\u{feff}{SMALL}")).unwrap().manifest.digest(), check(SMALL).unwrap().manifest.digest());
    // Errors behind a rewritten character point at their place.
    let wrong = json.replace(r#""type":"DEV""#, r#""type":"DEF""#);
    let column = wrong.find(r#""DEF""#).unwrap() + 1;
    assert!(lines(&wrong).starts_with(&format!("koctl.yaml:1:{column}: ")), "{}", lines(&wrong));
}

#[test]
fn a_team_without_anything_is_a_team_and_takes_part_with_everything() {
    let loaded = check(&format!("{SMALL}        teams:\n          data:\n")).unwrap();
    let teams = loaded.manifest.organizations["air"].environments["dev"].teams.as_ref().unwrap();
    assert!(teams["data"].services.is_none());
    let none = check(&format!("{SMALL}        teams: {{}}\n")).unwrap();
    assert_eq!(none.manifest.organizations["air"].environments["dev"].teams.as_ref().map(|t| t.len()), Some(0));
}

#[test]
fn a_specification_path_is_brought_to_gits_form() {
    let loaded =
        check(&changed("        git:\n", "        spec-path: ./api/../spec/openapi.yaml\n        git:\n")).unwrap();
    assert_eq!(loaded.manifest.teams["data"].services["air/flights"].spec_file(), "spec/openapi.yaml");
}

#[test]
fn the_folder_of_documents_is_brought_to_gits_form_and_is_in_the_repository() {
    let folder = |written: &str| {
        let loaded = check(&changed("        git:\n", &format!("        docs: {written}\n        git:\n")));
        loaded.map(|loaded| loaded.manifest.teams["data"].services["air/flights"].docs_folder())
    };
    assert_eq!(folder("~").unwrap(), None);
    assert_eq!(folder("./api/docs/").unwrap().as_deref(), Some("api/docs"));
    for (written, reason) in
        [("/docs", "it is absolute"), (".", "whole repository"), ("a/..", "no folder"), ("../docs", "outside")]
    {
        let errors = folder(written).unwrap_err().to_string();
        assert!(errors.contains("is not a valid folder for documents") && errors.contains(reason), "{errors}");
    }
}

#[test]
fn organizations_without_teams_are_fine() {
    let organizations = &SMALL[SMALL.find("organizations:").unwrap()..];
    assert_eq!(screen(organizations), "no errors");
}

// The digest.

#[test]
fn the_digest_ignores_formatting_comments_order_and_written_defaults() {
    let value = parse_value(SMALL).unwrap();
    let reordered =
        format!("# a comment\n{}\n", json!({"organizations": value["organizations"], "teams": value["teams"]}));
    let defaults = changed("        git:\n", "        spec-path: \"openapi.yaml\" # the default\n        git:\n");
    let digest = check(SMALL).unwrap().manifest.digest();
    assert_eq!(check(&reordered).unwrap().manifest.digest(), digest);
    assert_eq!(check(&defaults).unwrap().manifest.digest(), digest);
    assert_eq!((digest.len(), digest.chars().all(|c| c.is_ascii_hexdigit())), (64, true));
}

#[test]
fn the_digest_notices_every_change_and_a_changed_literal_too() {
    let digest = |text: &str| check(text).unwrap().manifest.digest();
    let literal = |value: &str| changed("{type: env, value: AIR_TOKEN}", &format!("{{type: literal, value: {value}}}"));
    let digests = [
        digest(SMALL),
        digest(&changed("region: eu", "region: us")),
        digest(&changed("name: flights", "name: flight")),
        digest(&literal("one")),
        digest(&literal("two")),
    ];
    for (position, digest) in digests.iter().enumerate() {
        assert!(!digests[..position].contains(digest), "{position}");
    }
}

#[test]
fn every_secret_of_the_manifest_is_counted() {
    let text = fs::read_to_string("testdata/manifest/maximal.yaml").unwrap();
    let literal = text.replace("type: env,", "type: literal,").replace("type: file", "type: literal");
    let loaded = check(&literal).unwrap();
    let shown = serde_json::to_string(&loaded.manifest).unwrap();
    assert_eq!(shown.matches("(sensitive)").count(), loaded.manifest.secrets().len());
    assert_eq!(loaded.manifest.secrets().len(), 15);
}

// Renamings (R15).

/// The errors of the small world with these entries under `moved`, a line each.
fn moved(entries: &str) -> String {
    lines(&format!("{SMALL}moved:\n{entries}"))
}

#[test]
fn r15_moves_of_old_names_are_no_errors() {
    assert_eq!(moved("  []\n"), "no errors");
    let chain = "  - {type: team, from: facts, to: data}\n  - {type: team, from: figures, to: facts}\n";
    assert_eq!(moved(chain), "no errors");
    let others = "  - {type: environment, from: air/test, to: air/dev}\n  - {type: service, from: a, to: flights}\n  \
                  - {type: organization, from: sky, to: air}\n  - {from: air/team/a, to: air/team/b}\n";
    assert_eq!(moved(others), "no errors");
}

#[test]
fn r15_each_wrong_move_is_an_error_at_its_line() {
    let wrong = [
        "{type: team, from: data, to: facts}",
        "{type: service, from: flights, to: routes}",
        "{type: environment, from: air/dev, to: air/test}",
        "{type: organization, from: air, to: sky}",
        "{type: team, from: a, to: a}",
        "{type: team, from: air/team/a, to: b}",
        "{type: environment, from: test, to: dev}",
        "{type: environment, from: sky/test, to: air/dev}",
        "{from: a, to: b}",
        "{from: air/team/a, to: air/user/a}",
        "{type: tea, from: a, to: b}",
        "{type: team, from: a}",
        "{type: team, from: old, to: data}\n  - {type: team, from: data, to: facts}",
    ];
    let errors: Vec<String> = wrong.iter().map(|entry| moved(&format!("  - {entry}\n"))).collect();
    insta::assert_snapshot!(errors.join("\n"), @"
    koctl.yaml:16:24: `data` is moved to `facts`, but a team of the old name is still configured
    koctl.yaml:16:27: `flights` is moved to `routes`, but a service of the old name is still configured
    koctl.yaml:16:31: `air/dev` is moved to `air/test`, but an environment of the old name is still configured
    koctl.yaml:16:32: `air` is moved to `sky`, but an organization of the old name is still configured
    koctl.yaml:16:31: `a` is moved to itself
    koctl.yaml:16:24: `air/team/a` is not a valid name of a team
    koctl.yaml:16:31: `test` is not a valid name of an environment
    koctl.yaml:16:45: `sky/test` cannot become `air/dev`
    koctl.yaml:16:12: `a` is not a valid name of a resource
    koctl.yaml:16:28: `air/team/a` cannot become `air/user/a`
    koctl.yaml:16:12: `tea` is not a valid value for moved[0].type
    koctl.yaml:16:5: the key `to` is missing in moved[0]
    koctl.yaml:17:24: `data` is moved to `facts`, and `old` to `data`: one apply cannot do both
    ");
}

#[test]
fn r15_moves_that_contradict_each_other_are_shown_with_both_places() {
    let twice =
        "  - {type: team, from: a, to: b}\n  - {type: team, from: a, to: c}\n  - {type: team, from: d, to: c}\n";
    let circle =
        "  - {type: team, from: x, to: y}\n  - {type: team, from: y, to: z}\n  - {type: team, from: z, to: x}\n";
    insta::assert_snapshot!(screen(&format!("{SMALL}moved:\n{twice}{circle}")), @"
    koctl::manifest::moved

      × the team `a` is renamed twice
        ╭─[koctl.yaml:16:24]
     15 │ moved:
     16 │   - {type: team, from: a, to: b}
        ·                        ┬
        ·                        ╰── first here
     17 │   - {type: team, from: a, to: c}
        ·                        ┬
        ·                        ╰── again here
     18 │   - {type: team, from: d, to: c}
        ╰────
      help: keep the one that is true; a later renaming begins at the new name

    koctl::manifest::moved

      × the team `c` is the new name of two
        ╭─[koctl.yaml:17:31]
     16 │   - {type: team, from: a, to: b}
     17 │   - {type: team, from: a, to: c}
        ·                               ┬
        ·                               ╰── first here
     18 │   - {type: team, from: d, to: c}
        ·                               ┬
        ·                               ╰── again here
     19 │   - {type: team, from: x, to: y}
        ╰────
      help: give each its own name: two cannot become one

    koctl::manifest::moved

      × the moves go round in a circle: `x` to `y` to `z` to `x`
        ╭─[koctl.yaml:19:31]
     18 │   - {type: team, from: d, to: c}
     19 │   - {type: team, from: x, to: y}
        ·                               ─
     20 │   - {type: team, from: y, to: z}
        ╰────
      help: remove the entry that is not true; to exchange names, rename one to a name that nothing
            has and apply that, then the others one by one, each time with the new entry alone

    3 errors in 1 file.
    ");
}

#[test]
fn r15_names_that_are_exchanged_are_one_error() {
    let both = "  - {type: team, from: data, to: facts}\n  - {type: team, from: facts, to: data}\n";
    assert_eq!(moved(both), "koctl.yaml:16:34: the moves go round in a circle: `data` to `facts` to `data`");
}

#[test]
fn r15_a_group_that_is_mapped_to_the_former_name_of_a_team_is_an_error() {
    let mapping = "    authorization:\n      oidc: {enabled: true, issuer: 'https://idp.example.com', client-id: a, \
                   client-secret: {type: env, value: OIDC}}\n      team-mappings:\n        idp:\n          \
                   enabled: true\n          mappings: {old: [group]}\n";
    let text = SMALL.replace("    environments:\n", &format!("{mapping}    environments:\n"));
    assert_eq!(lines(&text), "no errors");
    let chain = "moved:\n  - {type: team, from: old, to: newer}\n  - {type: team, from: newer, to: data}\n";
    let error = lines(&format!("{text}{chain}"));
    assert!(
        error.contains("the team `old` has another name by `moved`: `data`") && error.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn r15_an_environment_that_lists_the_former_name_of_a_team_is_told_the_entry_and_the_new_name() {
    let listing = |name: &str| environment(&format!("teams: {{{name}: {{}}}}"));
    assert_eq!(lines(&listing("data")), "no errors");
    let moved = "moved:\n  - {type: team, from: old, to: newer}\n  - {type: team, from: newer, to: data}\n";
    insta::assert_snapshot!(screen(&format!("{}{moved}", listing("old"))));
    // A name that leads to a team which is gone as well is as undefined as any other.
    let gone = "moved:\n  - {type: team, from: old, to: newer}\n";
    let error = lines(&format!("{}{gone}", listing("old")));
    assert!(error.contains("the team `old` is not defined"), "{error}");
}

// Errors of the files.

#[test]
fn missing_files_are_named_with_a_way_out() {
    let errors = load(&Sources::directory("testdata/manifest/absent")).unwrap_err();
    insta::assert_snapshot!(render(&errors, false, 100), @"
    koctl::manifest::no_file

      × cannot read the teams: the file testdata/manifest/absent/konnect/teams.yaml does not exist
      help: run koctl in the directory that contains `konnect`, select the file with `--teams`, or
            create a platform repository with `koctl init`

    koctl::manifest::no_file

      × cannot read the organizations: the file testdata/manifest/absent/konnect/organizations.yaml
      │ does not exist
      help: run koctl in the directory that contains `konnect`, select the file with `--orgs`, or
            create a platform repository with `koctl init`

    2 errors.
    ");
}

#[test]
fn a_named_platform_file_must_exist_and_the_usual_one_need_not() {
    let sources = Sources { platform: Some("absent.yaml".into()), ..Sources::directory("testdata/manifest/usual") };
    insta::assert_snapshot!(load(&sources).unwrap_err(), @"cannot read the platform's settings: the file absent.yaml does not exist");
}

#[test]
fn a_directory_in_place_of_a_file_is_an_error_with_its_reason() {
    let errors = load(&Sources { file: Some("testdata/manifest".into()), ..Sources::default() }).unwrap_err();
    insta::assert_snapshot!(errors, @"cannot read the configuration from testdata/manifest: it is a directory, not a file");
}

#[test]
fn an_empty_file_says_what_to_write() {
    insta::assert_snapshot!(screen("# nothing yet\n"), @"
    koctl::manifest::empty

      × the file koctl.yaml is empty
      help: write at least
            organizations:
              my-organization:
                access-token:
                  type: env
                  value: KONNECT_TOKEN
                environments:
                  dev:
                    type: DEV
                    region: us

    1 error.
    ");
}

#[test]
fn no_organization_is_an_error() {
    insta::assert_snapshot!(screen("teams: {}\n"), @"
    koctl::manifest::no_organization

      × no organization is configured
      help: add one with `koctl add organization`, or write one under `organizations:` with its
            `access-token` and `environments`

    1 error.
    ");
}

#[test]
fn bytes_that_are_no_text_are_an_error_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("koctl.yaml");
    fs::write(&file, b"teams:\n  \xff\n").unwrap();
    let errors = load(&Sources { file: Some(file.clone()), ..Sources::default() }).unwrap_err();
    assert_eq!(errors.to_string(), format!("{}:2: the file is not valid UTF-8", file.display()));
}

#[test]
fn text_in_utf_16_is_named_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("koctl.yaml");
    let units: Vec<u16> = format!("\u{feff}{SMALL}").encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for bytes in [&little[..], &big, &little[2..], &big[2..]] {
        fs::write(&file, bytes).unwrap();
        let errors = load(&Sources { file: Some(file.clone()), ..Sources::default() }).unwrap_err();
        assert_eq!(errors.to_string(), format!("the file {} is text in UTF-16, or not text at all", file.display()));
    }
}

#[test]
fn a_section_in_two_files_is_an_error_that_names_both() {
    let errors = load_texts(&[("a.yaml", SMALL), ("b.yaml", "organizations: {}\n")], Path::new(".")).unwrap_err();
    insta::assert_snapshot!(render(&errors, false, 100), @"
    koctl::manifest::duplicate_key

      × `organizations` is in two files
       ╭─[b.yaml:1:1]
     1 │ organizations: {}
       · ─────────────
       ╰────
      help: the other is a.yaml:8; move everything into one of them

    1 error in 1 file.
    ");
}

#[test]
fn errors_of_all_files_are_shown_and_counted() {
    let texts = [("teams.yaml", "teams: 5\n"), ("organizations.yaml", "organisations: {}\norganizations: {a: 1}\n")];
    let errors = load_texts(&texts, Path::new(".")).unwrap_err();
    insta::assert_snapshot!(render(&errors, false, 100), @"
    koctl::manifest::unknown_key

      × unknown key `organisations` in the manifest
       ╭─[organizations.yaml:1:1]
     1 │ organisations: {}
       · ─────────────
     2 │ organizations: {a: *}
       ╰────
      help: did you mean `organizations`?

    koctl::manifest::wrong_type

      × organizations.a must be a mapping, not a number
       ╭─[organizations.yaml:2:20]
     1 │ organisations: {}
     2 │ organizations: {a: *}
       ·                    ─
       ╰────
      help: valid keys are `access-token`, `authorization`, `enable-custom-reports`, `environments`,
            `ignore-changes`, `notifications` or `protect`

    koctl::manifest::wrong_type

      × teams must be a mapping, not a number
       ╭─[teams.yaml:1:8]
     1 │ teams: *
       ·        ─
       ╰────
      help: write a mapping

    3 errors in 2 files.
    ");
}

// Errors of the text.

#[test]
fn broken_syntax_is_shown_where_it_breaks() {
    insta::assert_snapshot!(screen("teams:\n  data: flights: 1\n"), @"
    koctl::manifest::syntax

      × invalid YAML: mapping values are not allowed in this context
       ╭─[koctl.yaml:2:16]
     1 │ teams:
     2 │   data: *******: *
       ·                ─
       ╰────
      help: indent this key like its neighbours, and put text that contains `: ` in quotes

    1 error in 1 file.
    ");
}

#[test]
fn a_tab_is_shown_where_it_stands() {
    insta::assert_snapshot!(screen("teams:\n\tdata: {}\n"), @"
    koctl::manifest::tab

      × YAML cannot be indented with a tab
       ╭─[koctl.yaml:2:1]
     1 │ teams:
     2 │     data: {}
       · ────
       ╰────
      help: use spaces

    1 error in 1 file.
    ");
}

#[test]
fn a_key_written_twice_shows_both_places() {
    insta::assert_snapshot!(screen(&changed("        type: DEV\n", "        type: DEV\n        type: PROD\n")), @"
    koctl::manifest::duplicate_key

      × duplicate key `type`
        ╭─[koctl.yaml:13:9]
     12 │       dev:
     13 │         type: DEV
        ·         ──┬─
        ·           ╰── first here
     14 │         type: ****
        ·         ──┬─
        ·           ╰── again here
     15 │         region: eu
        ╰────
      help: remove one of them: neither overrides the other

    1 error in 1 file.
    ");
}

#[test]
fn a_second_document_an_endless_alias_and_a_foreign_tag_are_refused() {
    insta::assert_snapshot!(lines(&format!("{SMALL}---\nteams: {{}}\n")), @"koctl.yaml:15:1: a second document begins here");
    insta::assert_snapshot!(lines("teams: &all {data: *all}\n"), @"koctl.yaml:1:20: this alias is inside the value that it refers to");
    insta::assert_snapshot!(lines("teams: !secret {}\n"), @"koctl.yaml:1:8: the tag, which begins with `!`, does not fit this value");
    insta::assert_snapshot!(lines("teams: *unknown\n"), @"koctl.yaml:1:8: invalid YAML: while parsing node, found unknown anchor");
    insta::assert_snapshot!(lines("[teams]: {}\n"), @"koctl.yaml:1:1: a list or a mapping cannot be a key");
    insta::assert_snapshot!(lines("teams: {<<: 5}\n"), @"
    no organization is configured
    koctl.yaml:1:9: `<<` cannot merge a number
    ");
}

#[test]
fn an_alias_bomb_is_an_error_and_no_memory() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    insta::assert_snapshot!(lines(&bomb), @"koctl.yaml:6:20: the aliases expand to more than 16 MiB here");
}

#[test]
fn nesting_is_bounded_also_where_aliases_make_it() {
    insta::assert_snapshot!(lines(&"[".repeat(500)), @"koctl.yaml:1:256: invalid YAML: recursion limit exceeded");
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100), "]".repeat(100));
    insta::assert_snapshot!(lines(&format!("a: &a {}\nb: {}\n", deep("x"), deep("*a"))), @"koctl.yaml:2:104: the nesting is deeper than 128 levels here");
}

// Errors of the structure.

#[test]
fn an_unknown_key_is_shown_with_the_one_that_was_meant() {
    insta::assert_snapshot!(screen(&changed("    services:", "    servces:")), @"
    koctl::manifest::unknown_key

      × unknown key `servces` in teams.data
       ╭─[koctl.yaml:3:5]
     2 │   data:
     3 │     servces:
       ·     ───────
     4 │       ***********:
       ╰────
      help: did you mean `services`?

    1 error in 1 file.
    ");
}

#[test]
fn an_unknown_key_without_a_near_one_is_shown_with_all_that_are_possible() {
    insta::assert_snapshot!(screen(&changed("        name: flights\n", "        name: flights\n        colour: red\n")), @"
    koctl::manifest::unknown_key

      × unknown key `colour` in teams.data.services.air/flights
       ╭─[koctl.yaml:6:9]
     5 │         name: flights
     6 │         colour: ***
       ·         ──────
     7 │         git:
       ╰────
      help: valid keys are `auth-strategy`, `description`, `dev-branch-name`, `display-name`, `docs`,
            `git`, `ignore-changes`, `labels`, `name`, `prod-branch-name`, `protect`, `select-tags`,
            `slug`, `spec-path` or `visibility`

    1 error in 1 file.
    ");
}

#[test]
fn a_wrong_type_is_shown_with_what_was_expected() {
    insta::assert_snapshot!(screen(&changed("  data:\n", "  data:\n    description: [a, b]\n    users: kim@example.com\n    protect: yes\n")), @"
    koctl::manifest::wrong_type

      × teams.data.description must be a string, not a list
       ╭─[koctl.yaml:3:18]
     2 │   data:
     3 │     description: [*, *]
       ·                  ──────
     4 │     users: kim@example.com
       ╰────
      help: write a string

    koctl::manifest::wrong_type

      × teams.data.users must be a list, not a string
       ╭─[koctl.yaml:4:12]
     3 │     description: [*, *]
     4 │     users: kim@example.com
       ·            ───────────────
     5 │     protect: yes
       ╰────
      help: write a list of one element as `[kim@example.com]`

    koctl::manifest::wrong_type

      × teams.data.protect must be `true` or `false`, not a string
       ╭─[koctl.yaml:5:14]
     4 │     users: kim@example.com
     5 │     protect: yes
       ·              ───
     6 │     services:
       ╰────
      help: write `true`

    3 errors in 1 file.
    ");
    insta::assert_snapshot!(lines(&changed("region: eu", "region: 2")), @"koctl.yaml:14:17: `2` is not a valid value for organizations.air.environments.dev.region");
    insta::assert_snapshot!(lines(&changed("name: flights", "name: [2024]")), @"koctl.yaml:5:15: teams.data.services.air/flights.name must be a string, not a list");
    insta::assert_snapshot!(lines("- teams\n"), @"koctl.yaml:1:1: the manifest must be a mapping, not a list");
}

#[test]
fn a_missing_key_is_shown_at_what_lacks_it() {
    insta::assert_snapshot!(screen(&changed("        name: flights\n", "")), @"
    koctl::manifest::missing_key

      × the key `name` is missing in teams.data.services.air/flights
       ╭─[koctl.yaml:4:7]
     3 │     services:
     4 │       air/flights:
       ·       ───────────
     5 │         git:
       ╰────
      help: `name` is required. The name of the service. Its APIs have the same name.

    1 error in 1 file.
    ");
    insta::assert_snapshot!(lines(&changed("name: flights", "name:")), @"koctl.yaml:5:9: `name` of teams.data.services.air/flights is empty");
    insta::assert_snapshot!(lines(&changed("        type: DEV\n", "")), @"koctl.yaml:12:7: the key `type` is missing in organizations.air.environments.dev");
    insta::assert_snapshot!(lines(&changed("    access-token: {type: env, value: AIR_TOKEN}\n", "")), @"koctl.yaml:9:3: the key `access-token` is missing in organizations.air");
}

#[test]
fn an_unknown_value_is_shown_with_those_that_are_possible() {
    insta::assert_snapshot!(screen(&changed("type: DEV", "type: production")), @"
    koctl::manifest::unknown_value

      × `production` is not a valid value for organizations.air.environments.dev.type
        ╭─[koctl.yaml:13:15]
     12 │       dev:
     13 │         type: production
        ·               ──────────
     14 │         region: eu
        ╰────
      help: did you mean `PROD`? Valid values are `DEV` or `PROD`

    1 error in 1 file.
    ");
    insta::assert_snapshot!(lines(&changed("region: eu", "region: mars")), @"koctl.yaml:14:17: `mars` is not a valid value for organizations.air.environments.dev.region");
}

// Errors of meaning.

#[test]
fn a_team_or_service_that_does_not_exist_is_shown_with_the_one_that_was_meant() {
    insta::assert_snapshot!(screen(&format!("{SMALL}        teams:\n          dat:\n          data:\n            services:\n              air/flight: {{}}\n")), @"
    koctl::manifest::undefined

      × the team `dat` is not defined
        ╭─[koctl.yaml:16:11]
     15 │         teams:
     16 │           dat:
        ·           ───
     17 │           data:
        ╰────
      help: did you mean `data`?

    koctl::manifest::undefined

      × the team `data` has no service `air/flight`
        ╭─[koctl.yaml:19:15]
     18 │             services:
     19 │               air/flight: {}
        ·               ──────────
        ╰────
      help: did you mean `air/flights`?

    2 errors in 1 file.
    ");
}

#[test]
fn an_undefined_name_that_is_near_to_none_is_shown_with_what_there_is() {
    insta::assert_snapshot!(screen(&format!("{SMALL}        teams:\n          payments:\n")), @"
    koctl::manifest::undefined

      × the team `payments` is not defined
        ╭─[koctl.yaml:16:11]
     15 │         teams:
     16 │           payments:
        ·           ────────
        ╰────
      help: define it under teams, or use one of its names, such as `data`

    1 error in 1 file.
    ");
    let no_teams = &SMALL[SMALL.find("organizations:").unwrap()..];
    insta::assert_snapshot!(screen(&format!("{no_teams}        teams:\n          payments:\n")), @"
    koctl::manifest::undefined

      × the team `payments` is not defined
       ╭─[koctl.yaml:9:11]
     8 │         teams:
     9 │           payments:
       ·           ────────
       ╰────
      help: define it under teams

    1 error in 1 file.
    ");
}

#[test]
fn errors_beside_each_other_are_all_found_at_once() {
    let text = changed("        name: flights\n", "        spec-path: /openapi.yaml\n        users: []\n");
    let text = text.replace("type: DEV", "type: DEV\n        type: PROD");
    let text = text.replace("region: eu", "region: mars").replace("{type: env, value: AIR_TOKEN}", "{type: vault}");
    insta::assert_snapshot!(lines(&format!("{text}        teams:\n          date:\n            control-plane-name: x\n")), @"
    koctl.yaml:4:7: the key `name` is missing in teams.data.services.air/flights
    koctl.yaml:5:20: `/openapi.yaml` is not a valid path for a specification: it is absolute
    koctl.yaml:6:9: unknown key `users` in teams.data.services.air/flights
    koctl.yaml:11:5: the key `value` is missing in organizations.air.access-token
    koctl.yaml:11:26: this is not a valid value for organizations.air.access-token.type
    koctl.yaml:15:9: duplicate key `type`
    koctl.yaml:16:17: `mars` is not a valid value for organizations.air.environments.dev.region
    koctl.yaml:18:11: the team `date` is not defined
    koctl.yaml:19:33: `x` is not a valid name for a control plane: it is 1 character long
    ");
}

#[test]
fn what_is_defined_but_broken_is_not_called_undefined() {
    let broken = changed("        name: flights\n", "");
    insta::assert_snapshot!(lines(&format!("{broken}        teams:\n          data:\n            services:\n              air/flights:\n")), @"koctl.yaml:4:7: the key `name` is missing in teams.data.services.air/flights");
}

#[test]
fn names_that_become_labels_are_those_that_konnect_takes() {
    let text = changed("  data:", "  flight data:").replace("name: flights", "name: flights!");
    insta::assert_snapshot!(screen(&text.replace("      dev:", "      -dev:")), @"
    koctl::manifest::name

      × `flight data` is not a valid name for a team: it contains a character that Konnect does not
      │ allow in labels
       ╭─[koctl.yaml:2:3]
     1 │ teams:
     2 │   flight data:
       ·   ───────────
     3 │     services:
       ╰────
      help: use 1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last, for
            example `flight-data`

    koctl::manifest::name

      × `flights!` is not a valid name for a service: it contains a character that Konnect does not
      │ allow in labels
       ╭─[koctl.yaml:5:15]
     4 │       air/flights:
     5 │         name: flights!
       ·               ────────
     6 │         git:
       ╰────
      help: use 1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last, for
            example `flights`

    koctl::manifest::name

      × `-dev` is not a valid name for an environment: it does not begin and end with a letter or
      │ digit
        ╭─[koctl.yaml:12:7]
     11 │     environments:
     12 │       -dev:
        ·       ────
     13 │         type: DEV
        ╰────
      help: use 1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last, for
            example `dev`

    3 errors in 1 file.
    ");
}

#[test]
fn names_that_become_paths_are_fit_for_that() {
    for name in ["'@air'", "a/b", "air..line", "'Kong Air'"] {
        let errors = check(&changed("  air:\n", &format!("  {name}:\n"))).unwrap_err();
        assert_eq!(errors.iter().map(|e| e.code()).collect::<Vec<_>>(), ["koctl::manifest::name"], "{name}");
    }
    insta::assert_snapshot!(screen(&changed("        git:\n", "        spec-path: apis/*/openapi.yaml\n        git:\n")), @"
    koctl::manifest::spec_path

      × `apis/*/openapi.yaml` is not a valid path for a specification: it is a pattern, and a service
      │ has one specification
       ╭─[koctl.yaml:6:20]
     5 │         name: flights
     6 │         spec-path: apis/*/openapi.yaml
       ·                    ───────────────────
     7 │         git:
       ╰────
      help: write a service for each file, with its own key and `name` and the same `git.remote`:
            `koctl add service TEAM KEY --repository URL --spec-path PATH`

    1 error in 1 file.
    ");
    let tags = "        select-tags: [air, 'a,b', air]\n        git:\n";
    insta::assert_snapshot!(lines(&changed("        git:\n", tags)), @"
    koctl.yaml:6:28: `a,b` is not a valid tag: it contains `,`, `/` or a quote
    koctl.yaml:6:35: the tag `air` is listed twice
    ");
    insta::assert_snapshot!(lines(&changed("air/flights:", "../flights:")), @"koctl.yaml:4:7: `../flights` is not a valid key for a service: it has a segment `.` or `..`");
    insta::assert_snapshot!(lines(&changed("        git:\n", "        spec-path: ../openapi.yaml\n        dev-branch-name: -d\n        git:\n")), @"
    koctl.yaml:6:20: `../openapi.yaml` is not a valid path for a specification: it is outside of the repository
    koctl.yaml:7:26: `-d` is not a valid branch: it begins with `-` or `/`, or ends with `/` or `.`
    ");
}

#[test]
fn two_services_of_one_name_show_both_places() {
    let second = "  other:\n    services:\n      x:\n        name: flights\n        git: {remote: 'git@github.com:air/x'}\norganizations:\n";
    insta::assert_snapshot!(screen(&changed("organizations:\n", second)), @"
    koctl::manifest::duplicate

      × two services are named `flights`
       ╭─[koctl.yaml:5:15]
     4 │       air/flights:
     5 │         name: flights
       ·               ───┬───
       ·                  ╰── first here
     6 │         git:
       ╰────
        ╭─[koctl.yaml:11:15]
     10 │       x:
     11 │         name: flights
        ·               ───┬───
        ·                  ╰── again here
     12 │         git: {remote: 'git@github.com:air/x'}
        ╰────
      help: give each service a unique name across all teams: APIs are named after services

    1 error in 1 file.
    ");
}

#[test]
fn users_are_email_addresses_and_listed_once() {
    insta::assert_snapshot!(screen(&changed("  data:\n", "  data:\n    users: [kim@example.com, kim, Kim@example.com]\n")), @"
    koctl::manifest::email

      × `kim` is not a valid email address
       ╭─[koctl.yaml:3:30]
     2 │   data:
     3 │     users: [kim@example.com, kim, Kim@example.com]
       ·                              ───
     4 │     services:
       ╰────
      help: write an address like `name@example.com`: users are invited by email

    koctl::manifest::duplicate

      × the user `Kim@example.com` is listed twice
       ╭─[koctl.yaml:3:13]
     2 │   data:
     3 │     users: [kim@example.com, kim, Kim@example.com]
       ·             ───────┬───────       ───────┬───────
       ·                    │                     ╰── again here
       ·                    ╰── first here
     4 │     services:
       ╰────
      help: remove one of them

    2 errors in 1 file.
    ");
}

#[test]
fn lengths_are_those_that_konnect_takes() {
    let text = changed("  data:\n", &format!("  data:\n    description: {}\n", "x".repeat(251)));
    let text = format!("{text}        teams:\n          data: {{control-plane-name: x}}\n");
    insta::assert_snapshot!(lines(&text), @"
    koctl.yaml:3:18: the description of the team `data` is too long: it has 251 characters
    koctl.yaml:17:38: `x` is not a valid name for a control plane: it is 1 character long
    ");
}

const SIGN_IN: &str = "
    authorization:
      oidc:
        enabled: true
        issuer: https://login.example.com
        client-id: konnect
        client-secret: {type: env, value: SECRET}
      saml:
        enabled: true
        idp-metadata-url: https://login.example.com/metadata
";

#[test]
fn two_enabled_ways_to_sign_in_show_both_places() {
    insta::assert_snapshot!(screen(&changed("    environments:", &format!("{}    environments:", &SIGN_IN[1..]))), @"
    koctl::manifest::two_sign_ins

      × OIDC and SAML are both enabled
        ╭─[koctl.yaml:13:18]
     12 │       oidc:
     13 │         enabled: true
        ·                  ──┬─
        ·                    ╰── OIDC is enabled here
     14 │         issuer: https://login.example.com
        ╰────
        ╭─[koctl.yaml:18:18]
     17 │       saml:
     18 │         enabled: true
        ·                  ──┬─
        ·                    ╰── SAML is enabled here
     19 │         idp-metadata-url: https://login.example.com/metadata
        ╰────
      help: disable one of them: Konnect allows only one at a time

    1 error in 1 file.
    ");
}

#[test]
fn one_way_to_sign_in_beside_a_disabled_one_is_fine() {
    let one = SIGN_IN[1..].replacen("true", "false", 1);
    assert_eq!(screen(&changed("    environments:", &format!("{one}    environments:"))), "no errors");
}

#[test]
fn a_way_to_sign_in_is_left() {
    let authorized =
        |text: &str| lines(&changed("    environments:", &format!("    authorization: {text}\n    environments:")));
    let all_off = "{built-in: {enabled: false}, oidc: {enabled: false}}";
    insta::assert_snapshot!(authorized(all_off), @"koctl.yaml:11:41: no user could sign in: every sign-in method is disabled");
    // A method that is not configured may be enabled.
    assert_eq!(authorized("{built-in: {enabled: false}}"), "no errors");
    assert_eq!(authorized("{built-in: {enabled: true}, oidc: {enabled: false}}"), "no errors");
}

#[test]
fn groups_are_mapped_by_an_identity_provider() {
    let mapped = |more: &str| {
        let authorization = format!("    authorization: {{team-mappings: {{idp: {{mappings: {{data: [a]}}}}}}{more}}}");
        lines(&changed("    environments:", &format!("{authorization}\n    environments:")))
    };
    let told = "koctl.yaml:11:43: groups are mapped to teams, but no identity provider is configured";
    assert_eq!(mapped(""), told);
    assert_eq!(mapped(", oidc: {issuer: 'https://a.b'}"), told, "a provider without a client does not count");
    assert_eq!(mapped(", oidc: {issuer: 'https://a.b', client-id: a}"), "no errors");
    assert_eq!(mapped(", saml: {idp-metadata-url: 'https://a.b'}"), "no errors");
}

#[test]
fn an_enabled_way_to_sign_in_is_complete() {
    let oidc = "    authorization: {oidc: {enabled: true, issuer: login}}\n    environments:";
    insta::assert_snapshot!(screen(&changed("    environments:", oidc)), @"
    koctl::manifest::missing_key

      × OIDC is enabled without `client-id`
        ╭─[koctl.yaml:11:21]
     10 │     access-token: {type: env, value: *********}
     11 │     authorization: {oidc: {enabled: true, issuer: login}}
        ·                     ────
     12 │     environments:
        ╰────
      help: add `client-id`, or set `enabled: false`

    koctl::manifest::missing_key

      × OIDC is enabled without `client-secret`
        ╭─[koctl.yaml:11:21]
     10 │     access-token: {type: env, value: *********}
     11 │     authorization: {oidc: {enabled: true, issuer: login}}
        ·                     ────
     12 │     environments:
        ╰────
      help: add `client-secret`, or set `enabled: false`

    koctl::manifest::url

      × `login` is not a valid web address
        ╭─[koctl.yaml:11:51]
     10 │     access-token: {type: env, value: *********}
     11 │     authorization: {oidc: {enabled: true, issuer: login}}
        ·                                                   ─────
     12 │     environments:
        ╰────
      help: write a complete address that begins with `https://`

    3 errors in 1 file.
    ");
    let saml = "    authorization: {saml: {enabled: true}}\n    environments:";
    insta::assert_snapshot!(lines(&changed("    environments:", saml)), @"koctl.yaml:11:21: SAML is enabled without `idp-metadata-url`");
    let off = "    authorization: {oidc: {enabled: false}, saml: {enabled: false}}\n    environments:";
    assert_eq!(screen(&changed("    environments:", off)), "no errors");
}

#[test]
fn a_mapped_team_has_groups_and_each_of_them_once() {
    let mappings = "    authorization: {team-mappings: {idp: {mappings: {data: [], Other: [a, a]}}}, saml: {idp-metadata-url: 'https://a.b'}}\n    environments:";
    insta::assert_snapshot!(screen(&changed("    environments:", mappings)), @"
    koctl::manifest::empty_mapping

      × no group is mapped to the team `data`
        ╭─[koctl.yaml:11:54]
     10 │     access-token: {type: env, value: *********}
     11 │     authorization: {team-mappings: {idp: {mappings: {data: [], Other: [a, a]}}}, saml: {idp-metadata-url: 'https://a.b'}}
        ·                                                      ────
     12 │     environments:
        ╰────
      help: list groups of the identity provider, or remove the team

    koctl::manifest::duplicate

      × the group `a` is listed twice
        ╭─[koctl.yaml:11:72]
     10 │     access-token: {type: env, value: *********}
     11 │     authorization: {team-mappings: {idp: {mappings: {data: [], Other: [a, a]}}}, saml: {idp-metadata-url: 'https://a.b'}}
        ·                                                                        ┬  ┬
        ·                                                                        │  ╰── again here
        ·                                                                        ╰── first here
     12 │     environments:
        ╰────
      help: remove one of them

    2 errors in 1 file.
    ");
}

#[test]
fn addresses_of_repositories_are_those_that_git_can_reach() {
    insta::assert_snapshot!(screen(&changed("https://github.com/air/flights.git", "air/flights")), @"
    koctl::manifest::git_remote

      × `air/flights` is not a valid address of a git repository: it does not begin with `https://`,
      │ `http://`, `ssh://` or `git@host:`
       ╭─[koctl.yaml:7:19]
     6 │         git:
     7 │           remote: air/flights
       ·                   ───────────
     8 │ organizations:
       ╰────
      help: write it like `https://github.com/owner/repository.git` or
            `git@github.com:owner/repository.git`

    1 error in 1 file.
    ");
    insta::assert_snapshot!(lines(&format!("{SMALL}platform: {{git: {{remote: 'file:///srv/platform'}}}}\n")), @"koctl.yaml:15:26: `file:///srv/platform` is not a valid address of a git repository: it does not begin with `https://`, `http://`, `ssh://` or `git@host:`");
}

#[test]
fn access_to_a_repository_is_complete() {
    let git = |auth: &str| format!("{SMALL}platform: {{git: {{auth: {auth}}}}}\n");
    insta::assert_snapshot!(screen(&git("{type: ssh}")), @"
    koctl::manifest::missing_key

      × platform.git.auth has a type that requires `ssh.key`, which is missing
        ╭─[koctl.yaml:15:31]
     14 │         region: eu
     15 │ platform: {git: {auth: {type: ssh}}}
        ·                               ───
        ╰────
      help: add `ssh: {key: {type: file, value: $HOME/.ssh/id_ed25519}}`

    1 error in 1 file.
    ");
    insta::assert_snapshot!(lines(&git("{type: ssh, ssh: {}}")), @"koctl.yaml:15:36: the key `key` is missing in platform.git.auth.ssh");
    insta::assert_snapshot!(lines(&git("{type: token}")), @"koctl.yaml:15:31: platform.git.auth has a type that requires `token`, which is missing");
}

#[test]
fn the_store_of_the_state_is_of_a_known_kind() {
    let state = |url: &str| format!("{SMALL}platform: {{state: {{url: '{url}'}}}}\n");
    for url in [
        "file:.koctl/state",
        "file:/",
        "github://air/platform/state",
        "s3://b/p",
        "gs://b",
        "az://c",
        "postgres://h/d",
        "https://x/y",
    ] {
        assert_eq!(screen(&state(url)), "no errors", "{url}");
    }
    insta::assert_snapshot!(screen(&state("s4://bucket")), @"
    koctl::manifest::state_url

      × `s4` is not a valid kind of store
        ╭─[koctl.yaml:15:25]
     14 │         region: eu
     15 │ platform: {state: {url: 's4://bucket'}}
        ·                         ─────────────
        ╰────
      help: addresses begin with `file:`, `github:`, `s3:`, `gs:`, `az:`, `postgres:`, `postgresql:`,
            `https:` or `http:`

    1 error in 1 file.
    ");
    insta::assert_snapshot!(lines(&state("state")), @"koctl.yaml:15:25: the kind of store is missing in `state`");
    insta::assert_snapshot!(lines(&state("s3://")), @"koctl.yaml:15:25: the location of the store is missing in `s3://`");
}

// Names that become the same thing elsewhere.

/// The first line of each error, and its next step.
fn told(text: &str) -> String {
    let errors = check(text).expect_err("there are errors");
    let lines = errors.iter().map(|error| format!("{}: {}", error.line(), error.help().unwrap_or_default()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn r6_services_that_cannot_be_files_beside_each_other_are_refused() {
    let beside = |key: &str| {
        let service = "\n        name: other\n        git: {remote: 'git@github.com:air/x'}\n";
        changed("organizations:\n", &format!("      {key}:{service}organizations:\n"))
    };
    for key in ["air/flights/openapi.yaml", "air/flights/Openapi.YAML", "air/flights/ko-patch.yaml/x", "AIR/Flights"] {
        assert!(told(&beside(key)).contains("rename one of them"), "{key}");
    }
    for key in [".git/config", "air/.GIT/x", "a/..", "a//b", "air/flights.", "'air/flights '", "\"a\\u200bb\""] {
        assert!(told(&beside(key)).contains("is not a valid key for a service"), "{key}");
    }
    for key in ["air/flights/v2", "air/flights/openapi", "air/flights-openapi.yaml", "openapi.yaml", "air"] {
        assert_eq!(lines(&beside(key)), "no errors", "{key}");
    }
    insta::assert_snapshot!(told(&beside("air/flights/openapi.yaml")), @"koctl.yaml:8:7: the services `air/flights` and `air/flights/openapi.yaml` cannot be beside each other: rename one of them: a file `openapi.yaml` has its place in the folder of the first one");
}

#[test]
fn r6_names_that_differ_only_in_case_or_encoding_are_refused() {
    let organization = |name: &str| format!("{SMALL}  {name}: {{access-token: {{type: env, value: B}}}}\n");
    insta::assert_snapshot!(told(&organization("AIR")), @"koctl.yaml:15:3: the organizations `AIR` and `air` differ only in upper and lower case, or in the encoding of letters: rename one of them: their files, branches and states have names in which many systems do not see such a difference");
    assert!(
        told(&changed("  air:\n", "  su\u{308}d: {access-token: {type: env, value: B}}\n  s\u{fc}d:\n"))
            .contains("valid")
    );
    assert!(told(&changed("teams:\n", "teams:\n  Data: {}\n")).contains("the teams `Data` and `data` differ only"));
    let environment = changed("      dev:\n", "      Dev: {type: DEV, region: us}\n      dev:\n");
    assert!(told(&environment).contains("the environments `Dev` and `dev` differ only"));
    assert_eq!(lines(&organization("airs")), "no errors");
}

#[test]
fn the_first_of_two_places_is_the_one_that_is_written_first() {
    let text = format!("{SMALL}  AIR: {{access-token: {{type: env, value: B}}}}\n");
    let drawn = koctl::manifest::render(&check(&text).unwrap_err(), false, 200);
    let place = |label: &str| drawn.find(label).unwrap_or_else(|| panic!("no {label}: {drawn}"));
    assert!(place("the first") < place("the second"), "{drawn}");
}

#[test]
fn every_error_of_syntax_has_a_next_step() {
    for text in [
        "teams:\n    a:\n      description: x\n       users: []\n",
        "teams:\n    a: {}\n  b: {}\n",
        "teams:\n  a:\n    users:\n    - x\n     - y\n   - z\n",
        "teams: {a: b\n",
        "teams: [a: b\n",
        "teams: - a\n",
        "teams: ? a\n",
        "teams: \"a\" b\n",
        "teams: \"\\q\"\n",
        "teams: 'a\n",
        "teams: |x\n",
        "%TAG\n",
        "teams: *nope\n",
        "teams: &\n",
        "teams: @a\n",
    ] {
        let errors = check(text).unwrap_err();
        let help = errors.iter().next().and_then(|error| error.help().map(str::to_owned));
        assert!(help.is_some_and(|help| !help.is_empty()), "{text}: {errors}");
    }
}

#[test]
fn r6_environments_that_would_share_a_branch_are_refused() {
    let text = changed("      dev:\n", "      b-c:\n")
        + "  air-b:\n    access-token: {type: env, value: B}\n    environments: {c: {type: DEV, region: eu}}\n";
    insta::assert_snapshot!(told(&text), @"koctl.yaml:17:20: the environments `air/b-c` and `air-b/c` would share the branch `air-b-c-…` of the platform repository: rename one of them: a branch is named after the organization and the environment");
}

#[test]
fn r6_two_environments_of_type_prod_with_one_service_in_one_region_are_refused() {
    let with = |more: &str| format!("{SMALL}      {more}\n").replace("type: DEV", "type: PROD");
    insta::assert_snapshot!(told(&with("staging: {type: PROD, region: eu}")), @"koctl.yaml:15:7: `dev` and `staging` would have the same API `flights` in the region eu: name the APIs of one of them otherwise, with `api-name: '{service}-{environment}'`, or set another region, or list different services under their `teams`");
    for more in [
        "staging: {type: PROD, region: us}",
        "staging: {type: PROD, region: eu, teams: {}}",
        "staging: {type: PROD, region: eu, teams: {data: {services: {}}}}",
        "staging: {type: PROD, region: eu, api-name: '{service}-{environment}'}",
        "staging: {type: PROD, region: eu, teams: {data: {services: {air/flights: {api-name: Flights}}}}}",
    ] {
        assert_eq!(lines(&with(more)), "no errors", "{more}");
    }
    let dev = format!("{SMALL}      staging: {{type: DEV, region: eu}}\n");
    assert_eq!(lines(&dev), "no errors");
}

#[test]
fn r6_environments_with_the_same_api_or_control_plane_are_refused() {
    let service =
        "      other:\n        name: flights-dev\n        git: {remote: 'git@github.com:air/x'}\norganizations:\n";
    let api = changed("organizations:\n", service) + "      prod: {type: PROD, region: eu}\n";
    insta::assert_snapshot!(told(&api), @"koctl.yaml:9:15: the services `air/flights` in `dev` and `other` in `prod` would have the same API `flights-dev`: choose another `display-name` for one of them, or another `api-name` in the environment");
    let shared = "teams: {data: {control-plane-name: shared}}";
    let plane = changed("        region: eu\n", &format!("        region: eu\n        {shared}\n"))
        + &format!("      test: {{type: DEV, region: eu, {shared}}}\n");
    insta::assert_snapshot!(told(&plane), @"koctl.yaml:16:7: `dev` and `test` would have the same control plane `shared` in the region eu: give one of them another `control-plane-name`: teams can share a control plane, environments cannot");
}

// Exits from the opinions.

/// The small world with more of its environment.
fn environment(more: &str) -> String {
    changed("region: eu\n", &format!("region: eu\n        {more}\n"))
}

/// The small world with more of its service.
fn service(more: &str) -> String {
    changed("name: flights\n", &format!("name: flights\n        {more}\n"))
}

#[test]
fn a_configuration_without_overrides_means_what_it_meant() {
    let digest = |text: &str| check(text).unwrap().manifest.digest();
    for more in ["portal: {}", "control-plane: {}", "control-plane: {labels: {}}", "portal: {name: }", "api-name:"] {
        assert_eq!(digest(&environment(more)), digest(SMALL), "{more}");
    }
    for more in ["labels:", "slug:", "display-name: ''"] {
        assert_eq!(digest(&service(more)), digest(SMALL), "{more}");
    }
}

#[test]
fn an_override_that_konnect_would_refuse_is_refused_with_its_place() {
    let long = |length: usize| "x".repeat(length);
    let many: Vec<String> = (0..46).map(|number| format!("k{number}: v")).collect();
    let of_environment = [
        "control-plane: {cluster-type: CLUSTER_TYPE_SERVERLES}".to_owned(),
        "control-plane: {auth-type: pinned}".to_owned(),
        format!("control-plane: {{description: {}}}", long(2049)),
        "control-plane: {proxy-urls: [api.example.com, 'https://api.example.com/v1', 'tcp://a']}".to_owned(),
        "control-plane: {proxy-urls: ['http://a', 'http://b', 'http://c', 'http://d', 'http://e', 'http://f']}"
            .to_owned(),
        "control-plane: {labels: {env-name: dev}}".to_owned(),
        "control-plane: {labels: {kong-tier: gold}}".to_owned(),
        "control-plane: {labels: {tier: pure gold}}".to_owned(),
        format!("control-plane: {{labels: {{{}}}}}", many.join(", ")),
        "portal: {default-api-visibility: pubic}".to_owned(),
        format!("portal: {{name: {}}}", long(256)),
        "portal: {display-name: ' a'}".to_owned(),
        format!("portal: {{description: {}}}", long(513)),
        "portal: {authentication: false, rbac: true}".to_owned(),
        "api-name: Flights".to_owned(),
        "api-name: '{service} ({enviroment})'".to_owned(),
        format!("api-name: '{{service}}-{}'", long(250)),
        "teams: {data: {services: {air/flights: {slug: my flights}}}}".to_owned(),
        "teams: {data: {control-plane: {labels: {team: data}}}}".to_owned(),
    ];
    let of_service = ["slug: flights/2".to_owned(), "visibility: internal".to_owned(), "labels: {_a: b}".to_owned()];
    let texts = of_environment.iter().map(|more| environment(more)).chain(of_service.iter().map(|more| service(more)));
    let all: Vec<String> = texts.map(|text| told(&text)).collect();
    insta::assert_snapshot!(all.join("\n").replace(&long(240), "…"));
}

#[test]
fn an_override_that_is_not_valid_underlines_its_value() {
    insta::assert_snapshot!(screen(&environment("portal: {default-api-visibility: pubic, labels: {env-name: x}}")));
}

#[test]
fn r6_two_services_that_choose_the_same_name_or_slug_are_refused() {
    let two = |first: &str, second: &str| {
        let other = format!(
            "      other:\n        name: other\n        {second}\n        git: {{remote: 'git@github.com:air/x'}}\norganizations:\n"
        );
        service(first).replacen("organizations:\n", &other, 1)
    };
    assert_eq!(lines(&two("display-name: Flights", "display-name: Other flights")), "no errors");
    insta::assert_snapshot!(told(&two("display-name: Flights", "display-name: Flights")), @"koctl.yaml:11:23: the services `air/flights` and `other` in `dev` would have the same API `Flights-dev`: choose another `display-name` for one of them, or another `api-name` in the environment");
    insta::assert_snapshot!(told(&two("slug: air", "slug: air")), @"koctl.yaml:11:15: the services `air/flights` and `other` in `dev` would have the same slug `air-dev`: choose another `slug` for one of them");
    // A name is one API, however it came about.
    insta::assert_snapshot!(told(&two("labels: {}", "display-name: flights")), @"koctl.yaml:11:23: the services `air/flights` and `other` in `dev` would have the same API `flights-dev`: choose another `display-name` for one of them, or another `api-name` in the environment");
}

#[test]
fn r6_two_environments_of_type_prod_need_slugs_and_portals_of_their_own() {
    let prod = |more: &str| service("slug: air").replace("type: DEV", "type: PROD") + &format!("      {more}\n");
    for more in [
        "blue: {type: PROD, region: eu, api-name: '{service}-{environment}'}",
        "blue: {type: PROD, region: eu, teams: {data: {services: {air/flights: {api-name: Blue, slug: blue}}}}}",
    ] {
        assert_eq!(lines(&prod(more)), "no errors", "{more}");
    }
    let same_slug = "blue: {type: PROD, region: eu, teams: {data: {services: {air/flights: {api-name: Blue}}}}}";
    insta::assert_snapshot!(told(&prod(same_slug)), @"koctl.yaml:6:15: the service `air/flights` in `blue` and in `dev` would have the same slug `air`: choose a `slug` for it in one of the environments");
    let same_portal = "blue: {type: DEV, region: eu, portal: {name: dev}}";
    insta::assert_snapshot!(told(&format!("{SMALL}      {same_portal}\n")), @"koctl.yaml:15:52: `blue` and `dev` would have the same portal `dev` in the region eu: choose another `portal.name` for one of them: names of portals are unique in a region");
}

#[test]
fn r6_teams_that_share_a_control_plane_agree_about_it() {
    let two = |first: &str, second: &str| {
        let teams = format!(
            "teams: {{data: {{control-plane-name: shared, control-plane: {first}}}, more: {{control-plane-name: shared, \
             control-plane: {second}}}}}"
        );
        environment(&teams).replacen("teams:\n", "teams:\n  more: {}\n", 1)
    };
    for (first, second) in [("{}", "{description: a}"), ("{description: a}", "{description: a, labels: {b: c}}")] {
        assert_eq!(lines(&two(first, second)), "no errors", "{first} {second}");
    }
    insta::assert_snapshot!(told(&two("{description: a}", "{description: b}")), @"koctl.yaml:16:150: `data` and `more` share the control plane `shared`, and differ in its `description`: write the same for both, or only for one of them");
}

// Secrets.

/// A manifest with a secret wherever one can stand, also where it is a mistake.
const SECRETS: &str = r#"
platform:
  git:
    remote: "https://robot:hush@github.com/air/platform.git"
    github: {token: {type: literal, value: hush}}
    auth:
      type: token
      token: {type: literal, value: 'hush'}
  state:
    url: postgres://koctl:hush@db.example.com/states
    encryption:
      passphrase:
        type: literal
        value: |
          hush
          and hush
      old-passphrases:
        - {type: literal, value: "hush"}
      recipients: [hush]
      identities:
        - type: literal
          value: hush
teams:
  data:
    services:
      air/flights:
        name: flights
        git:
          remote: https://hush@github.com/air/flights.git # the password is hush
          auth: {type: ssh, ssh: {key: {type: literal, value: hush}}}
organizations:
  air:
    # access-token: hush
    access-token:
      type: literal
      value: hush
    environments:
      dev: {type: DEV, region: eu}
    authorization:
      oidc:
        enabled: true
        issuer: https://issuer.example.com
        client-id: koctl
        client-secret: {type: literal, value: hush}
"#;

/// Everything that a text's errors can print.
fn printed(text: &str) -> String {
    match check(text) {
        Ok(_) => String::new(),
        Err(errors) => format!("{}{errors}{errors:?}", render(&errors, false, 100)),
    }
}

#[test]
fn r11_no_error_shows_a_secret_beside_a_mistake() {
    assert!(!printed(SECRETS).contains("hush"), "{}", printed(SECRETS));
    let token = |token: &str| changed("{type: env, value: AIR_TOKEN}", token);
    let key = |key: &str| changed("access-token: {type: env, value: AIR_TOKEN}", key);
    for text in [
        token("hush"),
        token("[hush]"),
        token("!!str hush"),
        token("!hush"),
        token("&hush"),
        token("*hush"),
        token("{type: literal, value: &hush}"),
        token("{type: literal, value: !hush}"),
        token("{type: literal, value: *hush}"),
        token("{type: literal, value: hush, colour: red}"),
        token("{type: literal, valeu: hush}"),
        token("{type: literal, Value: hush}"),
        token("{type: literal, value:hush}"),
        token("{type: literal, hush}"),
        format!("{SMALL}platform: {{git: {{github: {{hush}}}}}}\n"),
        format!("{SMALL}platform: {{git: {{github: {{token:hush}}}}}}\n"),
        format!("{SMALL}platform: {{git: {{github: {{token hush}}}}}}\n"),
        token("{type: literal hush}"),
        token("{type: hush}"),
        token("{type: hush, value: hush}"),
        token("{type literal, value: hush}"),
        token("{literal: hush}"),
        token("{hush: literal}"),
        token("{value: hush}"),
        token("{value: {x: hush}}"),
        token("{type: litteral, value: hush}"),
        token("{type: literal, value: hush, value: hush}"),
        token("{type: literal, hush: 1, hush: 2}"),
        token("{type: env, type: literal, value: hush}"),
        token("{type: env, value: A, value: hush}"),
        token("{type: env, value: $hush}"),
        token("{type: env, value: 'A=hush'}"),
        token("{type: env, value: kpat_hush}"),
        token("{type: file, value: ghp_hush}"),
        token("{type: file, value: ''} # hush"),
        token("{type: literal, value: [hush}"),
        token("\n      type: literal\n      value: |\n        hush\n      color: red\n"),
        token("\n      type: literal\n      valeu: hush\n      oops: 1"),
        token("\n      type: literal\n      value:hush"),
        token("\n    type: literal\n    value: hush"),
        token("\n      hush:\n      hush:"),
        key("acces-token: {type: literal, value: hush}"),
        key("access_token: hush"),
        key("accessToken: hush"),
        key("access-token hush"),
        key("token: hush"),
        key("pat: hush"),
        key("# access-token: hush\n    acess: 1"),
        changed("https://", "https://me:hush@"),
        changed("https://", "https:/me:hush@"),
        changed("https://", "me:hush@"),
        changed("name: flights", "nam: flights # hush"),
        format!("{SMALL}platform: {{git: {{remote: 'https://hush@github.com/a/b'}}}}\n"),
        format!("{SMALL}platform: {{git: {{auth: {{type: hush, token: {{type: env, value: A}}}}}}}}\n"),
        format!("{SMALL}platform: {{git: {{github: hush}}}}\n"),
        format!("{SMALL}platform: {{state: {{url: 'hush@db.example.com:5432/x'}}}}\n"),
        format!("{SMALL}platform: {{state: {{url: 'postgre://u:hush@db.example.com'}}}}\n"),
        format!("{SMALL}platform: {{state: {{uri: 'postgres://u:hush@db.example.com'}}}}\n"),
        format!("{SMALL}platform: {{state: {{encryption: {{passphras: hush, identities: hush}}}}}}\n"),
        format!("{SMALL}platform: {{state: {{encryption: {{recipients: [AGE-SECRET-KEY-hush]}}}}}}\n"),
    ] {
        let shown = printed(&text);
        assert!(!shown.is_empty(), "no error in {text}");
        // A duplicate key is named, and only a person who takes a secret for a key writes it twice.
        let named = text.matches("hush:").count() > 1;
        assert!(!shown.contains("hush") || named, "{text}\n{shown}");
    }
}

/// A mistake that a person, an editor or a merge makes.
#[derive(Clone, Debug)]
enum Mistake {
    Delete(prop::sample::Index),
    Insert(prop::sample::Index, char),
    DeleteLine(prop::sample::Index),
    RepeatLine(prop::sample::Index),
    Indent(prop::sample::Index, usize),
    Outdent(prop::sample::Index, usize),
}

impl Mistake {
    fn any() -> impl Strategy<Value = Self> {
        let at = any::<prop::sample::Index>;
        prop_oneof![
            at().prop_map(Self::Delete),
            (at(), prop::sample::select("x:\"'{}[],#&*!|>-? \t\n\u{1b}".chars().collect::<Vec<_>>()))
                .prop_map(|(at, c)| Self::Insert(at, c)),
            at().prop_map(Self::DeleteLine),
            at().prop_map(Self::RepeatLine),
            (at(), 1..4_usize).prop_map(|(at, by)| Self::Indent(at, by)),
            (at(), 1..4_usize).prop_map(|(at, by)| Self::Outdent(at, by)),
        ]
    }

    /// The text with this mistake. Secrets themselves stay whole, since parts of them cannot be found in a screen.
    fn make(&self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let place = |at: &prop::sample::Index| {
            let at = at.index(text.len());
            // Without its `@`, a token in an address is a part of the host's name.
            let words = text.match_indices("hush@").chain(text.match_indices("hush"));
            words
                .map(|(start, word)| (start, start + word.len()))
                .find_map(|(start, end)| (start < at && at < end).then_some(start))
                .unwrap_or(at)
        };
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let count = lines.len();
        match self {
            Self::Delete(at) if text[place(at)..].starts_with("hush") => return text.to_owned(),
            Self::Delete(at) => return format!("{}{}", &text[..place(at)], &text[place(at) + 1..]),
            Self::Insert(at, c) => return format!("{}{c}{}", &text[..place(at)], &text[place(at)..]),
            Self::DeleteLine(at) => drop(lines.remove(at.index(count))),
            Self::RepeatLine(at) => lines.insert(at.index(count), lines[at.index(count)].clone()),
            Self::Indent(at, by) => lines[at.index(count)].insert_str(0, &" ".repeat(*by)),
            Self::Outdent(at, by) => {
                let line = &mut lines[at.index(count)];
                let blanks = line.len() - line.trim_start_matches(' ').len();
                line.drain(..blanks.min(*by));
            }
        }
        lines.join("\n")
    }
}

proptest! {
    #[test]
    fn r11_no_error_of_any_mistake_shows_a_secret(mistakes in prop::collection::vec(Mistake::any(), 1..4), json: bool) {
        let written = if json { parse_value(SECRETS).unwrap().to_string() } else { SECRETS.to_owned() };
        let text = mistakes.iter().fold(written, |text, mistake| mistake.make(&text));
        let shown = printed(&text);
        prop_assert!(!shown.contains("hush"), "{}\n{}", text, shown);
        let screen = check(&text).map_or_else(|errors| render(&errors, false, 100), |_| String::new());
        prop_assert!(!screen.contains('\u{1b}'), "{}", screen);
    }
}

#[test]
fn a_token_in_place_of_its_source_is_an_error_that_hides_it() {
    insta::assert_snapshot!(screen(&changed("{type: env, value: AIR_TOKEN}", "konnect-token-1234")), @"
    koctl::manifest::wrong_type

      × organizations.air.access-token must be a mapping, not a string
        ╭─[koctl.yaml:10:19]
      9 │   air:
     10 │     access-token: ******************
        ·                   ──────────────────
     11 │     environments:
        ╰────
      help: valid keys are `type` or `value`

    1 error in 1 file.
    ");
}

// Uses by later stages.

#[test]
fn later_stages_point_at_lines_too() {
    let loaded = check(SMALL).unwrap();
    let written = ["organizations", "air", "environments", "dev"];
    let error = loaded.diagnostic(written, "koctl::compiler::test", "this environment is odd").with_help("change it");
    insta::assert_snapshot!(render(&error.into(), false, 100), @"
    koctl::compiler::test

      × this environment is odd
        ╭─[koctl.yaml:12:7]
     11 │     environments:
     12 │       dev:
        ·       ───
     13 │         type: DEV
        ╰────
      help: change it

    1 error in 1 file.
    ");
    let absent = loaded.diagnostic(["organizations", "air", "notifications", "email"], "koctl::compiler::test", "odd");
    assert_eq!(absent.line(), "koctl.yaml:9:3: odd");
}

#[test]
fn specifications_are_read_as_plain_values() {
    let text =
        "openapi: 3.1.0\ninfo: &i {title: Flüge, version: '1.10'}\npaths:\n  /x: {get: {responses: {200: *i}}}\n";
    let value = parse_value(text).unwrap();
    assert_eq!(value["paths"]["/x"]["get"]["responses"]["200"]["version"], json!("1.10"));
    assert_eq!(value["openapi"], json!("3.1.0"));
    assert_eq!(parse_value("").unwrap(), Value::Null);
    assert_eq!(parse_value(r#"{"a": "\ud83d\ude00"}"#).unwrap(), json!({"a": "😀"}));
    insta::assert_snapshot!(parse_value("a: 1\nb: [\n").unwrap_err(), @"line 3, column 1: invalid YAML: while parsing a node, did not find expected node content");
    insta::assert_snapshot!(parse_value("ä: 1\nb: 2\nä: 3\n").unwrap_err(), @"line 3, column 1: duplicate key `ä`");
}

#[test]
fn the_published_schema_accepts_a_maximal_manifest() {
    let mut written = parse_value(&fs::read_to_string("testdata/manifest/maximal.yaml").unwrap()).unwrap();
    // Empty values count as absent here, but are not valid mappings in the schema.
    written["teams"]["tickets"] = json!({});
    let teams = &mut written["organizations"]["SouthPoint"]["environments"]["dev"]["teams"];
    teams["tickets"] = json!({});
    teams["timetable"]["services"]["SouthPoint/delays"] = json!({});
    let schema = koctl::manifest::model::json_schema();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&written).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

// Whatever is written.

/// Text that looks like YAML here and there.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "teams",
            "organizations",
            "platform",
            "type",
            "value",
            ": ",
            ":",
            "- ",
            "\n",
            "\n  ",
            "\n    ",
            "\t",
            "{",
            "}",
            "[",
            "]",
            ",",
            "&a ",
            "*a",
            "<<",
            "\"",
            "'",
            "|",
            ">",
            "? ",
            "!!str ",
            "!x ",
            "---\n",
            "...\n",
            "#",
            "%YAML 1.2\n",
            "@",
            "`",
            "~",
            "null",
            "true",
            "0x1f",
            "1e9",
            "\u{feff}",
            "\r\n",
            "\u{0}",
            "é",
            "\\ud83d",
            "://u:p@h/",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,6}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Errors have to be drawn as well, since places beyond the text would show there.
fn survives(text: &str) {
    if let Err(errors) = check(text) {
        assert!(render(&errors, false, 80).contains("koctl::manifest::"));
        assert!(!errors.to_string().is_empty());
    }
    // Both results are fine; only a panic is not.
    let _ = parse_value(text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_it_panic(text in yamlish()) {
        survives(&text);
    }

    #[test]
    fn no_damage_to_a_right_manifest_makes_it_panic(at in 0..SMALL.len(), removed in 0..20_usize, text in yamlish()) {
        let end = (at + removed).min(SMALL.len());
        survives(&format!("{}{text}{}", &SMALL[..at], &SMALL[end..]));
    }

    #[test]
    fn what_json_can_say_is_read_as_it_is(value in json_value()) {
        prop_assert_eq!(parse_value(&value.to_string()).unwrap(), value.clone());
        // A comment keeps the JSON parser out, so this goes the way of YAML.
        prop_assert_eq!(parse_value(&format!("# comment\n{value}")).unwrap(), value);
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~äß\\n\\t]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ -~]{0,8}", inner, 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}
