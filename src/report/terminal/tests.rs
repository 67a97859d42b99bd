//! Whole screens.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::report::plan_view::{Detail, PlanView};
use crate::report::style::Style;
use crate::report::testing::{self, PLAIN, SCHEMAS, because, change, drifted, unknown};
use crate::review::Review;
use engine::execute::{Outcome, Step};
use engine::plan::{Drift, DriftKind, Fate, Mode, Recovered};
use engine::state::IntentAction;
use engine::{Action, Error, ErrorKind, Goal, Plan, ResourceChange};

const NOTHING: Value = Value::Null;

/// The whole screen of a plan.
fn whole(plan: &Plan, detail: Detail, style: &Style) -> String {
    let review = Review::of(plan);
    super::plan(plan, PlanView { schemas: SCHEMAS, review: &review, detail }, style)
}

fn screen(changes: Vec<ResourceChange>) -> String {
    whole(&testing::plan(changes, Vec::new()), Detail::Normal, &PLAIN)
}

fn full_screen(changes: Vec<ResourceChange>) -> String {
    whole(&testing::plan(changes, Vec::new()), Detail::Full, &PLAIN)
}

fn outcome_of(outcomes: &[(String, Outcome)], style: &Style) -> String {
    super::outcome(Mode::Normal, outcomes, true, style)
}

fn screen_of_drift(drift: Vec<Drift>) -> String {
    whole(&testing::plan(Vec::new(), drift), Detail::Normal, &PLAIN)
}

/// `lines` lines, as a specification has them; one of them differs with `title`.
fn spec(lines: usize, title: &str) -> String {
    let line = |number: usize| match number {
        0 => "openapi: 3.1.0\n".to_owned(),
        20 => format!("  title: {title}\n"),
        _ => format!("  line{number}: text\n"),
    };
    (0..lines).map(line).collect()
}

#[test]
fn a_plan_without_changes_says_so_and_nothing_else() {
    assert_snapshot!(screen(Vec::new()), @"No changes. Konnect and the platform repository match the configuration.");
}

#[test]
fn a_destroy_of_nothing_says_so() {
    let plan = Plan::new(String::new(), Mode::Destroy, Vec::new());
    assert_snapshot!(whole(&plan, Detail::Normal, &PLAIN), @"No changes. There is nothing to destroy.");
}

#[test]
fn deferred_resources_alone_are_no_change() {
    let reason = "no gateway service is tagged `ko-api-name=flights-dev` yet";
    let waiting = change("Acme/api_implementation/dev/flights", Action::Deferred, NOTHING, NOTHING);
    assert_snapshot!(screen(vec![because(waiting, reason)]), @"
          import  add  change  replace  destroy  deferred
    Acme       -    -       -        -        -         1

    1 resource is deferred: a later apply continues with what exists then. `koctl plan --full` shows why.
    No changes. Konnect and the platform repository match the configuration.
    ");
}

#[test]
fn r16_what_waits_in_an_environment_is_a_line_and_each_is_shown_in_full() {
    let implementation = |name: &str| {
        let address = format!("Acme/api_implementation/dev/{name}");
        because(change(&address, Action::Deferred, NOTHING, NOTHING), &format!("nothing is tagged {name}"))
    };
    let changes = || {
        let portal = change("Acme/portal/dev", Action::Create, NOTHING, json!({"display_name": "Acme"}));
        vec![implementation("a"), implementation("b"), portal]
    };
    // Without an environment in the keys of this type, both belong to the organization.
    let shown = screen(changes());
    assert!(!shown.contains("tagged") && shown.contains("2 resources are deferred: "), "{shown}");
    let full = full_screen(changes());
    assert!(full.contains("# nothing is tagged a\n") && full.contains("# nothing is tagged b\n"), "{full}");
}

#[test]
fn r16_a_summary_has_the_counts_the_risks_and_the_end() {
    let changes = vec![
        change("Acme/team/a", Action::Create, NOTHING, json!({"name": "a"})),
        change("Acme/control_plane/prd/old", Action::Delete, json!({"name": "old"}), NOTHING),
    ];
    let plan = testing::plan(changes, vec![drifted("Acme/team/b", &[("name", json!("b"), json!("c"))])]);
    assert_snapshot!(whole(&plan, Detail::Summary, &PLAIN), @"
              import  add  change  replace  destroy
    Acme           -    1       -        -        -
    Acme/prd       -    -       -        -        1

    Risks:

      Destroys what other people work with:
        - Acme/control_plane/prd/old  will be destroyed

    1 resource was changed outside of koctl since the last apply.

    1 guarded resource will be destroyed, and the work of others with it: apply asks, or needs --allow-destroy.
    Plan: 1 to add, 0 to change, 1 to destroy.
    ");
}

#[test]
fn r16_risks_with_one_effect_are_together_and_many_are_folded() {
    let role = |name: &str| {
        let role = json!({ "role_name": "Admin" });
        change(&format!("Acme/team_role/dev/{name}"), Action::Create, NOTHING, role)
    };
    let mut changes: Vec<_> = (0..30).map(|number| role(&format!("team-{number}"))).collect();
    let portal = |public: bool| json!({"display_name": "Acme", "authentication_enabled": !public});
    changes.push(change("Acme/portal/prd", Action::Update, portal(false), portal(true)));
    let plan = testing::plan(changes, Vec::new());
    assert_snapshot!(whole(&plan, Detail::Summary, &PLAIN), @r#"
              import  add  change  replace  destroy
    Acme           -   30       -        -        -
    Acme/prd       -    -       1        -        -

    Risks:

      Becomes public:
        ! Acme/portal/prd  nobody needs to sign in

      Changes who may sign in, or who may do what:
        ! the team gets a role (role_name "Admin"): 30 resources
            Acme/team_role/dev/…
                team-0, team-1, team-10, team-11, team-12, team-13, team-14, team-15, team-16, team-17,
                team-18, team-19, team-2, team-20, team-21, team-22, team-23, team-24, team-25, team-26,
                team-27, team-28, team-29, team-3, team-4, team-5, team-6, team-7, team-8, team-9

    Plan: 30 to add, 1 to change, 0 to destroy.
    "#);
}

#[test]
fn r16_the_callers_of_a_changed_specification_come_before_its_text() {
    let spec = |paths: &[&str]| {
        let paths: Value = paths.iter().map(|path| ((*path).to_owned(), json!({"get": {}}))).collect();
        json!({ "content": format!("{:#}", json!({"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": paths})) })
    };
    let breaks = change("Acme/api_version/prd/a", Action::Update, spec(&["/a", "/b"]), spec(&["/b", "/c"]));
    assert_snapshot!(screen(vec![breaks]), @r#"
              import  add  change  replace  destroy
    Acme/prd       -    -       1        -        -

    Risks:

      Breaks the callers of APIs:
        ! Acme/api_version/prd/a  GET /a: is gone

    What the symbols mean:

      ~ update in place

    Organization Acme

      Environment prd

      ~ Acme/api_version/prd/a  will be updated in place  [id=id-api_version]
          breaks callers: GET /a: is gone
          # compatible: 1 change
        ~ content:
            @@ -5,10 +5,10 @@
               },
               "openapi": "3.1.0",
               "paths": {
            -    "/a": {
            +    "/b": {
                   "get": {}
                 },
            -    "/b": {
            +    "/c": {
                   "get": {}
                 }
               }

    Plan: 0 to add, 1 to change, 0 to destroy.
    "#);
}

#[test]
fn r16_a_staged_specification_is_shown_once_and_a_moved_file_as_moved() {
    let text = spec(40, "A");
    let version = change("Acme/api_version/dev/a", Action::Create, NOTHING, json!({ "content": text }));
    let before = json!({ "files": { "old/a/ko-patch.yaml": "values: 1\n", "old/b/openapi.yaml": "b\n" } });
    let after = json!({ "files": { "new/a/ko-patch.yaml": "values: 1\n", "new/a/openapi.yaml": text } });
    let staged = change("Acme/pull_request/dev", Action::Update, before, after);
    assert_snapshot!(screen(vec![version, staged]), @"
              import  add  change  replace  destroy
    Acme/dev       -    1       1        -        -

    What the symbols mean:

      + create
      ~ update in place

    Organization Acme

      Environment dev

      + Acme/api_version/dev/a  will be created
          content (40 lines)

      ~ Acme/pull_request/dev  will be updated in place  [id=id-pull_request]
        ~ files:
          > old/a/ko-patch.yaml -> new/a/ko-patch.yaml  (moved)
          + new/a/openapi.yaml (40 lines, the text of Acme/api_version/dev/a)
          - old/b/openapi.yaml (1 line)

    Plan: 1 to add, 1 to change, 0 to destroy.
    ");
}

#[test]
fn what_a_person_has_to_choose_is_not_said_to_come_by_itself() {
    let several = change("Acme/api_implementation/dev/flights", Action::Deferred, NOTHING, NOTHING);
    let several = ResourceChange { candidates: vec!["one".to_owned(), "two".to_owned()], ..several };
    assert_snapshot!(screen(vec![because(several, "2 objects match `ko-api-name=flights-dev`: one, two")]), @"
          import  add  change  replace  destroy  deferred
    Acme       -    -       -        -        -         1

    What the symbols mean:

      ? left to you: it could be any of several objects

    Organization Acme

      ? Acme/api_implementation/dev/flights  is deferred
          # 2 objects match `ko-api-name=flights-dev`: one, two

    1 resource is left to you: no apply chooses one of several objects.
    No changes. Konnect and the platform repository match the configuration, except for what is left to you.
    ");
}

#[test]
fn r12_protection_that_is_taken_away_is_shown() {
    let record = change("Acme/team/flights", Action::NoOp, json!({"name": "flights"}), json!({"name": "flights"}));
    let open = ResourceChange { prior_protect: true, ..record.clone() };
    let safe = ResourceChange { protect: true, address: "Acme/team/crew".parse().unwrap(), ..record };
    assert_snapshot!(screen(vec![open, safe]), @"
    Protection:
        Acme/team/flights  will no longer be protected
        Acme/team/crew  will be protected

    Apply also updates 2 records of the state.
    1 resource loses its protection: a later plan may destroy it.
    Plan: 0 to add, 0 to change, 0 to destroy.
    ");
}

#[test]
fn stale_records_alone_are_no_change_but_are_told() {
    let record = change("Acme/team/flights", Action::NoOp, json!({"name": "flights"}), json!({"name": "flights"}));
    assert_snapshot!(screen(vec![record]), @"
    Apply also updates 1 record of the state.
    No changes. Konnect and the platform repository match the configuration.
    ");
}

#[test]
fn every_action_stands_under_its_organization_and_environment_in_reading_order() {
    let labels = json!({"env-name": "dev", "env-type": "DEV"});
    let plane = json!({"region": "eu", "name": "flights-dev", "cluster_type": "SERVERLESS", "labels": labels});
    let implementation = change("Acme/api_implementation/dev/flights", Action::Deferred, NOTHING, NOTHING);
    let changes = vec![
        because(implementation, "no gateway service is tagged `ko-api-name=flights-dev` yet"),
        change("Acme/control_plane/dev/flights-dev", Action::Create, NOTHING, plane),
        change("Acme/control_plane/prd/old", Action::Delete, json!({"name": "old", "endpoint": "https://x"}), NOTHING),
        change("Acme/portal/dev", Action::Import, json!({"display_name": "Acme"}), json!({"display_name": "Acme"})),
        change("Acme/portal/prd", Action::Import, json!({"display_name": "Old"}), json!({"display_name": "Acme"})),
        change("Acme/team/flights", Action::Update, json!({"name": "flight"}), json!({"name": "flights"})),
        because(
            change("Acme/user/ada@acme.example", Action::Forget, NOTHING, NOTHING),
            "it left the configuration, and koctl never deletes it",
        ),
        change("@platform/repository/acme-platform", Action::Create, NOTHING, json!({"private": true})),
        change(
            "Acme/control_plane/prd/flights",
            Action::Replace,
            json!({"cluster_type": "SERVERLESS", "name": "flights"}),
            json!({"cluster_type": "HYBRID", "name": "flights"}),
        ),
    ];
    assert_snapshot!(screen(changes), @r#"
                         import  add  change  replace  destroy  forget  deferred
    platform repository       -    1       -        -        -       -         -
    Acme                      -    -       1        -        -       1         1
    Acme/dev                  1    1       -        -        -       -         -
    Acme/prd                  1    -       1        1        1       -         -

    Risks:

      Destroys what other people work with:
        - Acme/control_plane/prd/flights  must be replaced (because of cluster_type)
        - Acme/control_plane/prd/old  will be destroyed

    What the symbols mean:

     <= import: it exists, and koctl takes it over
      + create
      ~ update in place
    -/+ destroy, then create again
      - destroy
      . forget: it is removed from the state only
      ? deferred: it waits for something that does not exist yet

    Platform repository

      + @platform/repository/acme-platform  will be created
          private = true

    Organization Acme

      ~ Acme/team/flights  will be updated in place  [id=id-team]
        ~ name = "flight" -> "flights"

      . Acme/user/ada@acme.example  will be forgotten  [id=id-user]
          # it left the configuration, and koctl never deletes it

      ? 1 resource is deferred (api_implementation)

      Environment dev

      + Acme/control_plane/dev/flights-dev  will be created
          region       = "eu"
          name         = "flights-dev"
          cluster_type = "SERVERLESS"
          labels (2)

     <= Acme/portal/dev  will be imported  [id=id-portal]

      Environment prd

    -/+ Acme/control_plane/prd/flights  must be replaced (guarded)  [id=id-control_plane]
        ~ cluster_type = "SERVERLESS" -> "HYBRID" # forces replacement
          # (1 attribute unchanged)

      - Acme/control_plane/prd/old  will be destroyed (guarded)  [id=id-control_plane]
        - name = "old"

     <= Acme/portal/prd  will be imported and updated in place  [id=id-portal]
        ~ display_name = "Old" -> "Acme"

    1 resource is deferred: a later apply continues with what exists then. `koctl plan --full` shows why.
    2 guarded resources will be destroyed, and the work of others with it: apply asks, or needs --allow-destroy.
    Plan: 2 to import, 3 to add, 2 to change, 2 to destroy, 1 to forget.
    "#);
}

#[test]
fn values_are_aligned_and_those_of_other_resources_are_their_addresses() {
    let version = change("Acme/api_version/dev/flights", Action::Create, NOTHING, json!({"version": "1.0.0"}));
    assert_snapshot!(screen(vec![unknown(version, "api_id", "Acme/api/dev/flights#id")]), @r#"
              import  add  change  replace  destroy
    Acme/dev       -    1       -        -        -

    What the symbols mean:

      + create

    Organization Acme

      Environment dev

      + Acme/api_version/dev/flights  will be created
          api_id  = Acme/api/dev/flights
          version = "1.0.0"

    Plan: 1 to add, 0 to change, 0 to destroy.
    "#);
}

#[test]
fn a_replacement_names_the_attribute_that_forces_it() {
    let before = json!({"api_id": "7f3c1a2b-0000-4000-8000-000000000001", "version": "1"});
    let mut replaced = change("Acme/api_version/dev/flights", Action::Replace, before, json!({"version": "2"}));
    replaced = unknown(replaced, "api_id", "Acme/api/dev/flights#id");
    let goal = &mut replaced.attributes.get_mut("api_id").unwrap().goal;
    if let Goal::Change { forces_replacement, .. } = goal {
        *forces_replacement = true;
    }
    assert_snapshot!(screen(vec![replaced]), @r#"
              import  add  change  replace  destroy
    Acme/dev       -    -       -        1        -

    What the symbols mean:

    -/+ destroy, then create again

    Organization Acme

      Environment dev

    -/+ Acme/api_version/dev/flights  must be replaced  [id=id-api_version]
        ~ api_id  = "7f3c1a2b…" -> Acme/api/dev/flights # forces replacement
        ~ version = "1" -> "2"

    Plan: 1 to add, 0 to change, 1 to destroy.
    "#);
}

#[test]
fn ids_of_other_objects_are_short_unless_they_begin_alike() {
    let id = |end: u8| format!("7f3c1a2b-0000-4000-8000-00000000000{end}");
    let other = "1b2c3d4e-0000-4000-8000-000000000001";
    let apart = change("Acme/x/a", Action::Update, json!({"api_id": id(1)}), json!({"api_id": other}));
    let alike = change("Acme/x/b", Action::Update, json!({"api_id": id(1)}), json!({"api_id": id(2)}));
    assert_snapshot!(screen(vec![apart, alike]), @r#"
          import  add  change  replace  destroy
    Acme       -    -       2        -        -

    What the symbols mean:

      ~ update in place

    Organization Acme

      ~ Acme/x/a  will be updated in place  [id=id-x]
        ~ api_id = "7f3c1a2b…" -> "1b2c3d4e…"

      ~ Acme/x/b  will be updated in place  [id=id-x]
        ~ api_id = "7f3c1a2b-0000-4000-8000-000000000001" -> "7f3c1a2b-0000-4000-8000-000000000002"

    Plan: 0 to add, 2 to change, 0 to destroy.
    "#);
}

#[test]
fn of_labels_only_the_keys_that_change_are_shown() {
    let before = json!({"labels": {"env": "dev", "env-type": "DEV", "old": "x"}, "display_name": "Acme"});
    let after = json!({"labels": {"env": "dev", "env-type": "PROD", "team": "flights"}, "display_name": "Acme"});
    assert_snapshot!(screen(vec![change("Acme/portal/dev", Action::Update, before, after)]), @r#"
              import  add  change  replace  destroy
    Acme/dev       -    -       1        -        -

    What the symbols mean:

      ~ update in place

    Organization Acme

      Environment dev

      ~ Acme/portal/dev  will be updated in place  [id=id-portal]
        ~ labels:
          ~ env-type = "DEV" -> "PROD"
          - old      = "x"
          + team     = "flights"
            # (1 unchanged)
          # (1 attribute unchanged)

    Plan: 0 to add, 1 to change, 0 to destroy.
    "#);
}

#[test]
fn attributes_that_come_or_go_are_marked_so() {
    let before = json!({"description": "Flights", "name": "a"});
    let after = json!({"description": null, "name": "a", "size": 3});
    assert_snapshot!(screen(vec![change("Acme/team/a", Action::Update, before, after)]), @r#"
          import  add  change  replace  destroy
    Acme       -    -       1        -        -

    What the symbols mean:

      ~ update in place

    Organization Acme

      ~ Acme/team/a  will be updated in place  [id=id-team]
        - description = "Flights"
        + size        = 3
          # (1 attribute unchanged)

    Plan: 0 to add, 1 to change, 0 to destroy.
    "#);
}

#[test]
fn descriptions_that_do_not_fit_a_line_are_diffs() {
    let words = |last: &str| format!("{}{last}", "Everything about flights and those who fly them. ".repeat(3));
    let long = change(
        "Acme/team/long",
        Action::Update,
        json!({"description": words("Old.")}),
        json!({"description": words("New.")}),
    );
    let lines = change(
        "Acme/team/lines",
        Action::Update,
        json!({"description": "One\nTwo\nThree\n"}),
        json!({"description": "One\nTwo and a half\nThree\n"}),
    );
    let new = change("Acme/team/new", Action::Create, NOTHING, json!({"description": "One\nTwo\n", "name": "new"}));
    assert_snapshot!(screen(vec![long, lines, new]), @r#"
          import  add  change  replace  destroy
    Acme       -    1       2        -        -

    What the symbols mean:

      + create
      ~ update in place

    Organization Acme

      ~ Acme/team/lines  will be updated in place  [id=id-team]
        ~ description:
            @@ -1,3 +1,3 @@
             One
            -Two
            +Two and a half
             Three

      ~ Acme/team/long  will be updated in place  [id=id-team]
        ~ description:
            -Everything about flights and those who fly them. Everything about flights and those who fly
              them. Everything about flights and those who fly them. Old.
            +Everything about flights and those who fly them. Everything about flights and those who fly
              them. Everything about flights and those who fly them. New.

      + Acme/team/new  will be created
          name = "new"
          description: (2 lines)
            +One
            +Two

    Plan: 1 to add, 2 to change, 0 to destroy.
    "#);
}

#[test]
fn structures_that_do_not_fit_a_line_are_laid_out() {
    let tiles = |title: &str| {
        let tile = |n: usize| json!({"type": "chart", "position": {"row": n}, "definition": format!("{title} {n}")});
        json!({"definition": {"tiles": [tile(1), tile(2)]}, "scopes": ["openid", "email"]})
    };
    let changed = change("Acme/dashboard/usage", Action::Update, tiles("Usage"), tiles("Use"));
    assert_snapshot!(screen(vec![changed]), @r#"
          import  add  change  replace  destroy
    Acme       -    -       1        -        -

    What the symbols mean:

      ~ update in place

    Organization Acme

      ~ Acme/dashboard/usage  will be updated in place  [id=id-dashboard]
        ~ definition:
            @@ -1,14 +1,14 @@
             {
               "tiles": [
                 {
            -      "definition": "Usage 1",
            +      "definition": "Use 1",
                   "position": {
                     "row": 1
                   },
                   "type": "chart"
                 },
                 {
            -      "definition": "Usage 2",
            +      "definition": "Use 2",
                   "position": {
                     "row": 2
                   },
          # (1 attribute unchanged)

    Plan: 0 to add, 1 to change, 0 to destroy.
    "#);
}

#[test]
fn a_changed_specification_is_a_unified_diff_and_a_new_one_is_counted() {
    let content = |lines, title| json!({"content": spec(lines, title)});
    let changed = change("Acme/api_version/dev/a", Action::Update, content(40, "A"), content(40, "B"));
    let new = change("Acme/api_version/dev/b", Action::Create, NOTHING, content(412, "B"));
    let gone = change("Acme/api_version/dev/c", Action::Delete, content(412, "C"), NOTHING);
    assert_snapshot!(screen(vec![changed, new, gone]), @"
              import  add  change  replace  destroy
    Acme/dev       -    1       1        -        1

    What the symbols mean:

      + create
      ~ update in place
      - destroy

    Organization Acme

      Environment dev

      ~ Acme/api_version/dev/a  will be updated in place  [id=id-api_version]
          # what it means for callers is not known: the old text cannot be read: it is neither YAML
            nor JSON: line 2, column 8: invalid YAML: mapping values are not allowed in this context
        ~ content:
            @@ -18,7 +18,7 @@
               line17: text
               line18: text
               line19: text
            -  title: A
            +  title: B
               line21: text
               line22: text
               line23: text

      + Acme/api_version/dev/b  will be created
          content (412 lines)

      - Acme/api_version/dev/c  will be destroyed  [id=id-api_version]
        - content: (412 lines)

    Plan: 1 to add, 1 to change, 1 to destroy.
    ");
}

#[test]
fn staged_files_are_diffs_by_path() {
    let patch = |name: &str| format!("values:\n  tags:\n    - ko-api-name={name}\n");
    let before = json!({"branch": "b", "files": {"a/openapi.yaml": spec(30, "A"), "b/ko-patch.yaml": patch("b"), "old.yaml": "x\n"}});
    let after = json!({"branch": "b", "files": {"a/openapi.yaml": spec(30, "A"), "b/ko-patch.yaml": patch("c"), "new.yaml": "y\n"}});
    assert_snapshot!(screen(vec![change("Acme/pull_request/dev", Action::Update, before, after)]), @"
              import  add  change  replace  destroy
    Acme/dev       -    -       1        -        -

    What the symbols mean:

      ~ update in place

    Organization Acme

      Environment dev

      ~ Acme/pull_request/dev  will be updated in place  [id=id-pull_request]
        ~ files:
          ~ b/ko-patch.yaml
              @@ -1,3 +1,3 @@
               values:
                 tags:
              -    - ko-api-name=b
              +    - ko-api-name=c
          + new.yaml (1 line)
          - old.yaml (1 line)
            # (1 unchanged)
          # (1 attribute unchanged)

    Plan: 0 to add, 1 to change, 0 to destroy.
    ");
}

#[test]
fn blanks_and_line_ends_that_differ_can_be_seen() {
    let content = |text: &str| json!({"content": text});
    let blanks = change("Acme/api_version/dev/a", Action::Update, content("a:\n\tb: c\n"), content("a:\n\tb: c  \r\n"));
    let end = change("Acme/api_version/dev/b", Action::Update, content("a\nb\n"), content("a\nb"));
    assert_snapshot!(screen(vec![blanks, end]), @r"
              import  add  change  replace  destroy
    Acme/dev       -    -       2        -        -

    What the symbols mean:

      ~ update in place

    Organization Acme

      Environment dev

      ~ Acme/api_version/dev/a  will be updated in place  [id=id-api_version]
          # what it means for callers is not known: the old text cannot be read: it is neither YAML
            nor JSON: line 2, column 1: YAML cannot be indented with a tab
        ~ content:
            @@ -1,2 +1,2 @@
             a:
            -→   b: c
            +→   b: c  \r

      ~ Acme/api_version/dev/b  will be updated in place  [id=id-api_version]
          # what it means for callers is not known: the old text cannot be read: it is not an OpenAPI
            document: it is not a mapping with `openapi`
        ~ content:
            @@ -1,2 +1,2 @@
             a
            -b
            +b
            \ No newline at end of file

    Plan: 0 to add, 2 to change, 0 to destroy.
    ");
}

#[test]
fn a_diff_without_end_is_cut_with_a_count() {
    let lines = |text: &str| json!({"content": (0..900).map(|n| format!("{text} {n}\n")).collect::<String>()});
    let changes = || vec![change("Acme/api_version/dev/a", Action::Update, lines("old"), lines("new"))];
    let shown = |screen: &str| screen.lines().filter(|line| line.starts_with("        -old")).count();
    assert_eq!(shown(&screen(changes())), 59);
    let screen = full_screen(changes());
    assert_eq!(shown(&screen), 399);
    assert!(screen.contains("        # (1401 more lines of this diff)\n"), "{screen}");
}

#[test]
fn a_text_of_which_only_the_digest_is_known_is_not_compared_line_by_line() {
    let digest = engine::value::digest("a text");
    let drift = vec![
        drifted("Acme/api_version/dev/a", &[("content", digest.clone(), json!("another\n"))]),
        drifted(
            "Acme/pull_request/dev",
            &[("files", json!({"a.yaml": digest}), json!({"a.yaml": "b\n", "c.yaml": "c\n"}))],
        ),
    ];
    assert_snapshot!(screen_of_drift(drift), @"
    Changed outside of koctl since the last apply:

      ~ Acme/api_version/dev/a  was changed
        ~ content: (sha256 734194ede5b0… -> 1 line)

      ~ Acme/pull_request/dev  was changed
        ~ files:
          ~ a.yaml (sha256 734194ede5b0… -> 1 line)
          + c.yaml
              +c

    No changes. Konnect and the platform repository match the configuration.
    ");
}

#[test]
fn drift_has_a_section_of_its_own_before_the_plan() {
    let drift = vec![
        drifted(
            "Acme/portal/dev",
            &[("display_name", json!("Acme"), json!("Hello")), ("labels", json!({"a": "1"}), json!({}))],
        ),
        Drift { address: "Acme/team/gone".parse().unwrap(), kind: DriftKind::Deleted },
        Drift { address: "Acme/team/again".parse().unwrap(), kind: DriftKind::Remade { id: "new".to_owned() } },
    ];
    let back =
        change("Acme/portal/dev", Action::Update, json!({"display_name": "Hello"}), json!({"display_name": "Acme"}));
    assert_snapshot!(whole(&testing::plan(vec![back], drift), Detail::Normal, &PLAIN), @r#"
              import  add  change  replace  destroy
    Acme/dev       -    -       1        -        -

    Changed outside of koctl since the last apply:

    -/+ Acme/team/again  was deleted and created again  [id=new]

      - Acme/team/gone  was deleted

      ~ Acme/portal/dev  was changed
        ~ display_name = "Acme" -> "Hello"
        ~ labels:
          - a = "1"

    What the symbols mean:

      ~ update in place

    Organization Acme

      Environment dev

      ~ Acme/portal/dev  will be updated in place  [id=id-portal]
        ~ display_name = "Hello" -> "Acme"

    Plan: 0 to add, 1 to change, 0 to destroy.
    "#);
}

#[test]
fn colors_mark_symbols_names_and_what_loses_the_work_of_others() {
    let style = Style { color: true, width: 100 };
    let changes = vec![
        change("Acme/team/a", Action::Create, NOTHING, json!({"name": "a"})),
        change("Acme/team/b", Action::Update, json!({"name": "a"}), json!({"name": "b"})),
        change("Acme/team/c", Action::Delete, NOTHING, NOTHING),
    ];
    let screen = whole(&testing::plan(changes, Vec::new()), Detail::Normal, &style);
    assert_snapshot!(screen.replace('\u{1b}', "␛"), @r#"
    ␛[1m      import  add  change  replace  destroy␛[0m
    Acme  ␛[2m     -␛[0m    1       1  ␛[2m      -␛[0m  ␛[31m      1␛[0m

    ␛[1mRisks:␛[0m

      ␛[31m␛[1mDestroys what other people work with:␛[0m
        ␛[31m␛[1m-␛[0m ␛[31m␛[1mAcme/team/c␛[0m  will be destroyed

    ␛[1mWhat the symbols mean:␛[0m

    ␛[32m  +␛[0m create
    ␛[33m  ~␛[0m update in place
    ␛[31m  -␛[0m destroy

    ␛[1mOrganization Acme␛[0m

    ␛[32m  +␛[0m ␛[1mAcme/team/a␛[0m  will be created
          name = "a"

    ␛[33m  ~␛[0m ␛[1mAcme/team/b␛[0m  will be updated in place␛[2m  [id=id-team]␛[0m
        ␛[33m~␛[0m name = "a" -> "b"

    ␛[31m␛[1m  -␛[0m ␛[31m␛[1mAcme/team/c␛[0m  ␛[31m␛[1mwill be destroyed (guarded)␛[0m␛[2m  [id=id-team]␛[0m

    ␛[31m␛[1m1 guarded resource will be destroyed, and the work of others with it: apply asks, or needs --allow-destroy.␛[0m
    ␛[1mPlan: 1 to add, 1 to change, 1 to destroy.␛[0m
    "#);
}

#[test]
fn no_value_can_forge_a_line_or_a_terminal_code() {
    let evil = "x\u{1b}[2K\r\n\nPlan: 0 to add, 0 to change, 0 to destroy.\u{202e}\u{9b}1A\n";
    let mut everywhere = change(
        "Acme/control_plane/dev/a",
        Action::Update,
        json!({"name": evil, "labels": {evil: evil}, evil: evil}),
        json!({"name": format!("{evil}{evil}"), "labels": {evil: "b"}, evil: "b"}),
    );
    everywhere.reason = Some(evil.to_owned());
    everywhere.id = Some(evil.to_owned());
    let files = change("Acme/pull_request/dev", Action::Create, NOTHING, json!({"files": {evil: evil}}));
    let wide = "Plan: 0 to add, 0 to change, 0 to destroy.".repeat(20);
    let wide = change("Acme/team/wide", Action::Update, json!({"name": wide}), json!({"name": format!("{wide}!")}));
    let screen = screen(vec![everywhere, files, wide]);
    assert!(!screen.chars().any(|c| c != '\n' && c.is_control() || c == '\u{202e}'), "{screen:?}");
    assert_eq!(screen.lines().filter(|line| line.starts_with("Plan:")).count(), 1, "{screen}");
    assert!(screen.lines().all(|line| line.chars().count() <= PLAIN.width), "{screen}");
}

#[test]
fn no_line_ends_in_blanks() {
    let before = json!({"content": "a  \n\nb\n", "version": "1"});
    let after = json!({"content": "a  \n\nc\n", "version": "2"});
    let screen = screen(vec![change("Acme/api_version/dev/a", Action::Update, before, after)]);
    assert!(screen.lines().all(|line| line.trim_end() == line), "{screen:?}");
}

#[test]
fn without_guarded_destruction_there_is_nothing_to_warn_of() {
    let harmless = change("Acme/api_version/dev/a", Action::Delete, NOTHING, NOTHING);
    let kept = change("Acme/team/a", Action::Create, NOTHING, json!({"name": "a"}));
    assert_eq!(super::guarded(&testing::plan(vec![harmless, kept], Vec::new()), &PLAIN), None);
}

#[test]
fn guarded_destruction_is_listed_for_the_prompt() {
    let (before, after) = (json!({"cluster_type": "SERVERLESS"}), json!({"cluster_type": "HYBRID"}));
    let changes = vec![
        change("Acme/team/a", Action::Delete, NOTHING, NOTHING),
        change("Acme/control_plane/prd/a", Action::Replace, before, after),
        change("Acme/team/b", Action::Create, NOTHING, json!({"name": "b"})),
    ];
    assert_snapshot!(super::guarded(&testing::plan(changes, Vec::new()), &PLAIN).unwrap(), @"
    This destroys what other people work with:

      - Acme/team/a  will be destroyed (guarded)  [id=id-team]
    -/+ Acme/control_plane/prd/a  must be replaced (guarded)  [id=id-control_plane]
          # because of cluster_type
    ");
}

fn done(steps: &[(&str, Step)]) -> Outcome {
    let done = steps.iter().map(|(address, step)| (address.parse().unwrap(), *step)).collect();
    Outcome { done, ..Outcome::default() }
}

#[test]
fn an_apply_of_nothing_is_complete() {
    assert_snapshot!(outcome_of(&[], &PLAIN), @"Apply complete! Resources: 0 added, 0 changed, 0 destroyed.");
}

#[test]
fn a_complete_apply_is_one_line_over_all_scopes() {
    let acme = done(&[
        ("Acme/team/a", Step::Create),
        ("Acme/team/b", Step::Delete),
        ("Acme/team/b", Step::Create),
        ("Acme/team/c", Step::Record),
    ]);
    let other = done(&[("Other/team/a", Step::Import), ("Other/team/b", Step::Update), ("Other/user/c", Step::Forget)]);
    let outcomes = [("Acme".to_owned(), acme), ("Other".to_owned(), other)];
    assert_snapshot!(outcome_of(&outcomes, &PLAIN), @"Apply complete! Resources: 1 imported, 2 added, 1 changed, 1 destroyed, 1 forgotten.");
}

#[test]
fn an_incomplete_apply_tells_what_failed_and_what_was_therefore_not_done() {
    let mut outcome = done(&[("Acme/team/a", Step::Create)]);
    let attempted = "create the portal (POST https://eu.api.konghq.com/v3/portals)";
    let error = Error::new(ErrorKind::Refused, attempted, "400 Bad Request: Invalid parameters\nname: is too long");
    outcome.failed.push(("Acme/portal/dev".parse().unwrap(), error.help("choose a shorter name")));
    outcome.skipped.push("Acme/api_publication/dev/flights".parse().unwrap());
    outcome.interrupted.push("Acme/team/b".parse().unwrap());
    assert_snapshot!(outcome_of(&[("Acme".to_owned(), outcome)], &PLAIN), @"
    Failed: Acme/portal/dev
        could not create the portal (POST https://eu.api.konghq.com/v3/portals):
        400 Bad Request: Invalid parameters
        name: is too long
        help: choose a shorter name

    Skipped, because something that they wait for failed:
        Acme/api_publication/dev/flights

    Not begun, because apply was stopped before:
        Acme/team/b

    The state has everything that was done: run `koctl apply` again to continue.
    Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed, 1 failed, 1 skipped, 1 not begun.
    ");
}

#[test]
fn a_secret_is_named_and_never_shown() {
    let traces = |digest: &str| json!({"name": "a", "colour": "red", "key": {"hmac-sha256": digest}});
    let changes = vec![
        change("Acme/door/a", Action::Update, traces("1a"), traces("2b")),
        change("Acme/door/b", Action::Create, NOTHING, traces("3c")),
        change("Acme/door/c", Action::Delete, traces("4d"), NOTHING),
    ];
    assert_snapshot!(screen(changes), @r#"
          import  add  change  replace  destroy
    Acme       -    1       1        -        1

    What the symbols mean:

      + create
      ~ update in place
      - destroy

    Organization Acme

      ~ Acme/door/a  will be updated in place  [id=id-door]
        ~ key (sensitive)
          # (2 attributes unchanged)

      + Acme/door/b  will be created
          name   = "a"
          colour = "red"
          key (sensitive)

      - Acme/door/c  will be destroyed  [id=id-door]
        - name   = "a"
        - colour = "red"
        - key (sensitive)

    Plan: 1 to add, 1 to change, 1 to destroy.
    "#);
}

#[test]
fn r10_what_an_apply_that_did_not_end_has_done_comes_first() {
    let recovered = |address: &str, action, fate| Recovered { address: address.parse().unwrap(), action, fate };
    let mut plan = testing::plan(vec![change("Acme/api/dev/flights", Action::Create, NOTHING, NOTHING)], Vec::new());
    plan.scopes[0].recovered = vec![
        recovered("Acme/api/dev/flights", IntentAction::Create, Fate::NotDone),
        recovered("Acme/portal/dev", IntentAction::Create, Fate::Made { id: "7c2f".to_owned() }),
        recovered("Acme/team/crew", IntentAction::Delete, Fate::Done),
    ];
    assert_snapshot!(whole(&plan, Detail::Normal, &PLAIN), @"
          import  add  change  replace  destroy
    Acme       -    1       -        -        -

    Note: an apply did not finish: it was killed, could not store its results, or is still running.
      It had created these objects, which are added to the state:
        Acme/portal/dev  [id=7c2f]
      It had changed or deleted these objects:
        Acme/team/crew
      None of its other changes can be seen (1 object).

    What the symbols mean:

      + create

    Organization Acme

      + Acme/api/dev/flights  will be created

    Plan: 1 to add, 0 to change, 0 to destroy.
    ");
}

#[test]
fn an_apply_or_a_destroy_with_another_failure_is_not_complete() {
    let shown = |mode, is_complete| super::outcome(mode, &[], is_complete, &PLAIN);
    assert_snapshot!(shown(Mode::Normal, false), @"Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed.");
    assert_snapshot!(shown(Mode::Destroy, false), @"Destroy incomplete. Resources: 0 added, 0 changed, 0 destroyed.");
    assert_snapshot!(shown(Mode::Destroy, true), @"Destroy complete! Resources: 0 added, 0 changed, 0 destroyed.");
}
