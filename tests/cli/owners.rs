//! R14: the state knows whose it is, and a token that opens another organization is refused before anything is planned.

use sandbox::Sandbox;
use serde_json::Value;

use crate::world::{Run, World, finish};

const APPLY: &[&str] = &["apply", "--auto-approve", "--allow-destroy"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];

const BETA: &str = "  Beta:
    access-token:
      type: env
      value: BETA_TOKEN
    environments:
      dev:
        type: DEV
        region: eu
";

/// A world with the organizations `Acme` and `Beta`, on a sandbox that has these and `Empty`.
struct Two {
    world: World,
    sandbox: Sandbox,
}

impl Two {
    async fn new() -> Self {
        let world = World::new();
        let text = world.read("konnect/organizations.yaml");
        world.write("konnect/organizations.yaml", &format!("{text}{BETA}"));
        let sandbox = world.sandbox_of(&["Acme", "Beta", "Empty"]).await;
        Self { world, sandbox }
    }

    /// Runs koctl with the token of `acme` for Acme and that of `beta` for Beta.
    async fn run(&self, (acme, beta): (&str, &str), arguments: &[&str]) -> Run {
        let mut command = self.world.command_against(&self.sandbox, arguments);
        command.env("ACME_TOKEN", format!("{acme}-token")).env("BETA_TOKEN", format!("{beta}-token"));
        tokio::task::spawn_blocking(move || finish(command)).await.unwrap()
    }

    /// Requests that changed something since `before`.
    fn writes_since(&self, before: usize) -> Vec<String> {
        let exchanges = self.sandbox.exchanges();
        let writes = exchanges[before..].iter().filter(|one| one.method != "GET" && !one.path.contains("graphql"));
        writes.map(|one| format!("{} {}", one.method, one.path)).collect()
    }

    /// The lists of Konnect that were read since `before`.
    fn lists_since(&self, before: usize) -> usize {
        let exchanges = self.sandbox.exchanges();
        let is_list = |path: &str| path.starts_with("/konnect") && !path.ends_with("/v3/organizations/me");
        exchanges[before..].iter().filter(|one| is_list(&one.path)).count()
    }

    /// The stored state of an organization, read without asking for its owner. `None` if there is none.
    async fn stored(&self, organization: &str) -> Option<Value> {
        let pulled = self.run(RIGHT, &["state", "pull", organization]).await;
        (pulled.code == 0).then(|| serde_json::from_str(&pulled.stdout).unwrap())
    }

    async fn state(&self, organization: &str) -> Value {
        self.stored(organization).await.unwrap()
    }

    /// The id of the Konnect organization that a state is about.
    async fn id(&self, organization: &str) -> String {
        self.state(organization).await["owner"]["id"].as_str().unwrap().to_owned()
    }
}

const RIGHT: (&str, &str) = ("acme", "beta");

#[tokio::test]
async fn r14_the_state_has_the_organization_that_its_token_opens_and_the_next_plan_is_empty() {
    let two = Two::new().await;
    two.run(RIGHT, APPLY).await.exits(0);
    assert_eq!(
        (&two.state("Acme").await["owner"]["name"], &two.state("Beta").await["owner"]["name"]),
        (&"Acme".into(), &"Beta".into())
    );
    assert_ne!(two.id("Acme").await, two.id("Beta").await);
    two.run(RIGHT, PLAN).await.exits(0);
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_each_token_is_asked_once_in_a_run() {
    let two = Two::new().await;
    let asked = |before: usize| {
        let exchanges = two.sandbox.exchanges();
        exchanges[before..].iter().filter(|one| one.path.ends_with("/v3/organizations/me")).count()
    };
    for command in [APPLY, PLAN, &["drift"][..]] {
        let before = two.sandbox.exchanges().len();
        two.run(RIGHT, command).await.exits(0);
        assert_eq!(asked(before), 2, "{command:?}");
    }
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_swapped_tokens_are_refused_with_both_ids_before_anything_is_read() {
    let two = Two::new().await;
    two.run(RIGHT, APPLY).await.exits(0);
    let (acme, beta) = (two.id("Acme").await, two.id("Beta").await);
    let before = two.sandbox.exchanges().len();
    for command in
        [PLAN, APPLY, &["drift"], &["destroy", "--auto-approve", "--allow-destroy"], &["plan", "--no-refresh"]]
    {
        let run = two.run(("beta", "acme"), command).await.exits(1);
        for (scope, is, was) in [("Acme", ("Beta", &beta), ("Acme", &acme)), ("Beta", ("Acme", &acme), ("Beta", &beta))]
        {
            let expected = format!(
                "opens the Konnect organization `{}` ({}), but the state of `{scope}` is about `{}` ({})",
                is.0, is.1, was.0, was.1
            );
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(all.contains(&expected), "{command:?}\n{all}");
            assert!(all.contains(&format!("koctl state adopt-organization {scope}")), "{all}");
        }
        assert!(!run.stdout.contains("No changes"), "{}", run.stdout);
    }
    assert_eq!((two.lists_since(before), two.writes_since(before)), (0, vec![]));
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_one_organization_in_two_entries_is_refused_with_the_names_of_both() {
    let two = Two::new().await;
    let run = two.run(("acme", "acme"), APPLY).await.exits(1);
    assert!(
        run.stderr.contains("`Acme` (the variable `ACME_TOKEN`) and `Beta` (the variable `BETA_TOKEN`)"),
        "{}",
        run.stderr
    );
    assert_eq!(two.writes_since(0), Vec::<String>::new());
    two.run(RIGHT, APPLY).await.exits(0);
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_a_new_entry_that_opens_an_organization_with_a_state_does_not_stop_the_rightful_one() {
    let two = Two::new().await;
    two.run(RIGHT, &["apply", "--auto-approve", "--target", "Acme/**"]).await.exits(0);
    two.world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let run = two.run(("acme", "acme"), APPLY).await.exits(1);
    assert!(run.stderr.contains("Error: Beta: "), "{}", run.stderr);
    assert!(!run.stderr.contains("Error: Acme: "), "{}", run.stderr);
    assert_eq!(
        two.state("Acme").await["resources"]["Acme/team/orders"]["attributes"]["description"],
        "Takes all orders."
    );
    assert_eq!(two.stored("Beta").await, None);
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_the_token_of_an_empty_organization_is_refused_also_by_a_state_that_does_not_say_whose_it_is() {
    let two = Two::new().await;
    two.run(RIGHT, APPLY).await.exits(0);
    two.run(("empty", "beta"), PLAN).await.exits(1);
    forget_owner(&two, "Acme").await;
    let before = two.sandbox.exchanges().len();
    let run = two.run(("empty", "beta"), APPLY).await.exits(1);
    assert!(run.stderr.contains("has none of the 4 objects that the state of `Acme` knows"), "{}", run.stderr);
    assert_eq!(two.writes_since(before), Vec::<String>::new());
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_an_older_state_learns_its_organization_at_the_next_write_and_not_before() {
    let two = Two::new().await;
    two.run(RIGHT, APPLY).await.exits(0);
    let id = two.id("Acme").await;
    forget_owner(&two, "Acme").await;
    let serial = two.state("Acme").await["serial"].clone();
    two.run(RIGHT, PLAN).await.exits(0);
    two.run(RIGHT, APPLY).await.exits(0);
    assert_eq!((&two.state("Acme").await["serial"], two.state("Acme").await.get("owner")), (&serial, None));
    two.world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    two.run(RIGHT, APPLY).await.exits(0);
    assert_eq!(two.id("Acme").await, id);
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_a_saved_plan_is_applied_to_the_organization_that_it_was_made_for_only() {
    let two = Two::new().await;
    two.run(RIGHT, &["plan", "-o", "plan.koctl"]).await.exits(0);
    let before = two.sandbox.exchanges().len();
    let run = two.run(("empty", "beta"), &["apply", "plan.koctl", "--auto-approve"]).await.exits(1);
    assert!(run.stderr.contains("opens the Konnect organization `Empty`"), "{}", run.stderr);
    assert!(run.stderr.contains("but the plan was made for `Acme`"), "{}", run.stderr);
    assert_eq!(two.writes_since(before), Vec::<String>::new());
    two.run(RIGHT, &["apply", "plan.koctl", "--auto-approve"]).await.exits(0);
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_an_organization_that_was_renamed_in_the_configuration_is_not_imported_by_a_second_state() {
    let two = Two::new().await;
    two.run(RIGHT, APPLY).await.exits(0);
    two.world.edit("konnect/organizations.yaml", "  Beta:", "  Gamma:");
    let run = two.run(RIGHT, PLAN).await.exits(1);
    assert!(run.stderr.contains("koctl state mv --organization Beta Gamma"), "{}", run.stderr);
    two.run(RIGHT, &["state", "mv", "--organization", "Beta", "Gamma", "--auto-approve"]).await.exits(0);
    let plan = two.run(RIGHT, PLAN).await;
    assert!(!plan.stderr.contains("Error"), "{}", plan.stderr);
    assert_eq!(two.state("Gamma").await["owner"]["name"], "Beta");
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_adopt_organization_is_the_way_to_another_organization() {
    let two = Two::new().await;
    two.run(RIGHT, APPLY).await.exits(0);
    let moved = ("empty", "beta");
    let adopt = ["state", "adopt-organization", "Acme"];
    let run = two.run(moved, &adopt).await.exits(1);
    assert!(run.stdout.contains("The state of `Acme`, with "), "{}", run.stdout);
    two.run(moved, PLAN).await.exits(1);
    let taken = two.run(("beta", "beta"), &[&adopt[..], &["--auto-approve"]].concat()).await.exits(1);
    assert!(taken.stderr.contains("the state of `Beta` is about it"), "{}", taken.stderr);
    two.run(moved, &[&adopt[..], &["--auto-approve"]].concat()).await.exits(0);
    assert_eq!(two.state("Acme").await["owner"]["name"], "Empty");
    let again = two.run(moved, &adopt).await.exits(0);
    assert!(again.stderr.contains("already"), "{}", again.stderr);
    two.run(moved, APPLY).await.exits(0);
    two.run(moved, PLAN).await.exits(0);
    two.sandbox.stop().await;
}

#[tokio::test]
async fn r14_adopt_organization_without_a_state_or_an_entry_says_so() {
    let two = Two::new().await;
    let run = two.run(RIGHT, &["state", "adopt-organization", "Acme", "--auto-approve"]).await.exits(1);
    assert!(run.stderr.contains("here is no state of `Acme`"), "{}", run.stderr);
    let run = two.run(RIGHT, &["state", "adopt-organization", "Acne", "--auto-approve"]).await.exits(1);
    assert!(run.stderr.contains("no organization `Acne`; did you mean `Acme`?"), "{}", run.stderr);
    two.sandbox.stop().await;
}

/// Stores the state of an organization as a koctl before version 2 wrote it.
async fn forget_owner(two: &Two, organization: &str) {
    let pulled = two.run(RIGHT, &["state", "pull", organization]).await.exits(0);
    let mut state = engine::state::State::from_bytes(pulled.stdout.as_bytes()).unwrap();
    state.owner = None;
    two.world.write("older.json", &String::from_utf8(state.to_bytes()).unwrap());
    two.run(RIGHT, &["state", "push", "older.json", "--force"]).await.exits(0);
    assert_eq!(two.state(organization).await.get("owner"), None);
}
