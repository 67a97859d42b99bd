//! R11: no secret is stored or shown. Marked secrets are planted wherever one can be configured; then every byte that
//! koctl leaves is searched for them.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Account, Record, Sandbox, SandboxOptions, Wire};

use crate::world::{Run, World, finish, spec};

const TEAMS: &str = r#"
teams:
  orders:
    description: Takes orders.
    users: [kim@example.com]
    services:
      Acme/checkout:
        name: checkout
        git:
          remote: https://github.com/Acme/checkout.git
          github: {token: {type: literal, value: MARK-service-api-literal}}
          auth: {type: token, token: {type: file, value: secrets/service-token}}
"#;

const ORGANIZATIONS: &str = r#"
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    environments:
      dev: {type: DEV, region: eu}
    authorization:
      oidc:
        enabled: true
        login-path: acme
        issuer: https://issuer.example.com
        client-id: koctl
        client-secret: {type: literal, value: MARK-oidc-literal}
  Ajax:
    access-token: {type: file, value: secrets/ajax-token}
    environments:
      dev: {type: DEV, region: us}
  Arrow:
    access-token: {type: literal, value: MARK-arrow-literal}
    environments:
      dev: {type: DEV, region: au}
"#;

const PLATFORM: &str = r#"
platform:
  git:
    remote: https://github.com/Acme/platform.git
    github: {token: {type: file, value: secrets/platform-api-token}}
    auth: {type: token, token: {type: literal, value: MARK-platform-git-literal}}
  state:
    url: file:states
    encryption:
      passphrase: {type: literal, value: MARK-passphrase-literal}
      old-passphrases: [{type: file, value: secrets/old-passphrase}]
      identities: [{type: file, value: secrets/identity}]
"#;

/// The content of the files of `secrets/`, except for the identity.
const FILES: [(&str, &str); 5] = [
    ("service-token", "MARK-service-file"),
    ("ajax-token", "MARK-ajax-file"),
    ("platform-api-token", "MARK-platform-api-file"),
    ("old-passphrase", "MARK-old-passphrase-file"),
    ("ssh-key", "MARK-ssh-file"),
];

const ENVIRONMENT: [(&str, &str); 3] = [
    ("ACME_TOKEN", "MARK-acme-env"),
    ("KOCTL_STATE_OLD_PASSPHRASE", "MARK-old-passphrase-env"),
    ("SERVICE_TOKEN", "MARK-service-env"),
];

/// A configuration full of secrets, and a sandbox that accepts them.
struct Planted {
    world: World,
    sandbox: Sandbox,
    /// The secrets that must not be found.
    marks: Vec<String>,
    runs: Vec<Run>,
}

impl Planted {
    async fn new() -> Self {
        let world = World::empty();
        for (path, text) in [("teams", TEAMS), ("organizations", ORGANIZATIONS), ("platform", PLATFORM)] {
            world.write(&format!("konnect/{path}.yaml"), text);
        }
        for (name, secret) in FILES {
            world.write(&format!("secrets/{name}"), &format!("{secret}\n"));
        }
        let identity = age::x25519::Identity::generate().to_string();
        let identity = age::secrecy::ExposeSecret::expose_secret(&identity).to_owned();
        world.write("secrets/identity", &format!("{identity}\n"));
        for branch in ["main", "dev"] {
            world.write(&format!("services/Acme/checkout/{branch}/openapi.yaml"), &spec("checkout", "1.0.0"));
        }
        let written = [TEAMS, ORGANIZATIONS, PLATFORM].concat();
        let literals = written
            .split("value: ")
            .filter(|rest| rest.starts_with("MARK"))
            .map(|rest| rest.split('}').next().unwrap().to_owned());
        let mut marks: Vec<String> = literals.collect();
        marks.extend(FILES.iter().chain(&ENVIRONMENT).map(|(_, secret)| (*secret).to_owned()));
        marks.push(identity);
        let sandbox = sandbox(&world).await;
        Self { world, sandbox, marks, runs: Vec::new() }
    }

    /// Runs koctl as against real systems, at the most verbose level of logging.
    async fn run(&mut self, arguments: &[&str]) -> &Run {
        let mut command = self.world.command(arguments);
        command
            .envs(ENVIRONMENT)
            .env("KOCTL_LOG", "trace")
            .env("KOCTL_KONNECT_URL", self.sandbox.konnect_url())
            .env("KOCTL_GITHUB_URL", self.sandbox.github_url());
        let run = tokio::task::spawn_blocking(move || finish(command)).await.unwrap();
        self.runs.push(run);
        self.runs.last().unwrap()
    }

    /// The places with a mark: everything that was printed, exchanged, or written outside the configuration.
    fn leaks(&self) -> Vec<String> {
        let mut places: Vec<(String, Vec<u8>)> = Vec::new();
        for (number, run) in self.runs.iter().enumerate() {
            places.push((format!("stdout of run {number}"), run.stdout.clone().into_bytes()));
            places.push((format!("stderr of run {number}"), run.stderr.clone().into_bytes()));
        }
        for file in files(self.world.path()) {
            let name = file.strip_prefix(self.world.path()).unwrap().display().to_string();
            if !["konnect", "secrets", "services"].iter().any(|folder| name.starts_with(folder)) {
                places.push((name, std::fs::read(file).unwrap()));
            }
        }
        assert!(places.iter().any(|(place, _)| place == "recording.jsonl"), "nothing was recorded");
        assert!(places.len() > 50, "only {} places were searched", places.len());
        let mut leaks = Vec::new();
        for mark in &self.marks {
            for form in forms(mark) {
                let holds = |bytes: &[u8]| bytes.windows(form.len()).any(|window| window == form.as_bytes());
                let found = places.iter().filter(|(_, bytes)| holds(bytes));
                leaks.extend(found.map(|(place, _)| format!("{form} ({mark}) in {place}")));
            }
        }
        leaks
    }
}

/// A sandbox in which the planted tokens give access to their organizations.
async fn sandbox(world: &World) -> Sandbox {
    let directory = world.path().join(".koctl/sandbox");
    sandbox::github::seed(&directory.join("github"), &world.path().join("services")).unwrap();
    let readme = [("README.md".to_owned(), b"# platform\n".to_vec())].into();
    sandbox::github::ensure_repository(&directory.join("github"), "Acme", "platform", &readme).unwrap();
    let account = |organization: &str, token: &str| Account {
        organization: organization.to_owned(),
        token: token.to_owned().into(),
    };
    let organizations = vec![
        account("Acme", "MARK-acme-env"),
        account("Ajax", "MARK-ajax-file"),
        account("Arrow", "MARK-arrow-literal"),
    ];
    // The recording is one of the files that are searched.
    let wire = Wire { record: Record::File(world.path().join("recording.jsonl")), ..Wire::default() };
    Sandbox::start_with(SandboxOptions { dir: directory, port: 0, organizations }, wire).await.unwrap()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

/// The mark itself, in hexadecimal, and as it looks within a text in base64 wherever it stands there.
fn forms(mark: &str) -> Vec<String> {
    let mut forms = vec![mark.to_owned(), mark.bytes().map(|byte| format!("{byte:02x}")).collect()];
    for before in ["", "x", "xx"] {
        let encoded = STANDARD.encode(format!("{before}{mark}"));
        // The outermost characters depend on what stands beside it.
        forms.push(encoded.trim_end_matches('=')[4..encoded.trim_end_matches('=').len() - 2].to_owned());
    }
    forms
}

#[test]
fn a_mark_is_found_in_each_of_its_forms() {
    let mark = "MARK-somewhere";
    let hidden = STANDARD.encode(format!("x-access-token:{mark}"));
    let text = format!("{mark} {hidden} 4d41524b2d736f6d657768657265");
    let found: Vec<bool> = forms(mark).iter().map(|form| text.contains(form)).collect();
    assert_eq!(found.iter().filter(|found| **found).count(), 3, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_no_planted_secret_is_in_any_byte_that_koctl_leaves() {
    let mut planted = Planted::new().await;
    planted.run(&["validate"]).await;
    planted.run(&["plan", "-o", "plan.koctl", "-vv"]).await;
    succeeds(&mut planted, &["apply", "plan.koctl"]).await;
    assert!(planted.runs[2].stderr.contains("DEBUG") || planted.runs[2].stderr.contains("TRACE"), "nothing was logged");
    for arguments in [
        &["plan", "--detailed-exitcode"][..],
        &["plan", "--json"],
        &["show"],
        &["show", "--json"],
        &["show", "--json", "plan.koctl"],
        &["graph"],
        &["state", "list", "--json"],
        &["state", "pull", "Acme"],
        &["state", "rekey"],
        &["state", "history", "Acme"],
        &["apply", "--auto-approve", "--json"],
        &["drift", "-vv", "--json", "--markdown", "page.md", "--prometheus", "koctl.prom"],
    ] {
        succeeds(&mut planted, arguments).await;
    }
    failing_runs(&mut planted).await;
    let leaks = planted.leaks();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    planted.sandbox.stop().await;
}

/// Every way to fail with a secret in memory.
async fn failing_runs(planted: &mut Planted) {
    // A key that is unknown beside a literal secret, and a secret where its source should be named.
    planted.world.edit(
        "konnect/organizations.yaml",
        "value: MARK-arrow-literal",
        "value: MARK-arrow-literal, colour: red",
    );
    fails(planted, &["validate"]).await;
    planted.world.edit("konnect/organizations.yaml", ", colour: red", "");
    planted.world.edit(
        "konnect/organizations.yaml",
        "{type: literal, value: MARK-arrow-literal}",
        "MARK-arrow-literal",
    );
    fails(planted, &["plan"]).await;
    planted.world.edit(
        "konnect/organizations.yaml",
        "token: MARK-arrow-literal",
        "token: {type: literal, value: MARK-arrow-literal}",
    );
    // A token that Konnect does not know, and a repository that cannot be read, by token and by key.
    planted.world.write("secrets/ajax-token", "MARK-old-passphrase-file\n");
    fails(planted, &["plan"]).await;
    planted.world.write("secrets/ajax-token", "MARK-ajax-file\n");
    let remote = "https://github.com/Acme/checkout.git";
    for (elsewhere, auth) in [
        ("https://127.0.0.1:9/Acme/checkout.git", "{type: token, token: {type: env, value: SERVICE_TOKEN}}"),
        ("ssh://git@127.0.0.1:9/Acme/checkout.git", "{type: ssh, ssh: {key: {type: file, value: secrets/ssh-key}}}"),
    ] {
        let before = "{type: token, token: {type: file, value: secrets/service-token}}";
        planted.world.edit("konnect/teams.yaml", remote, elsewhere);
        planted.world.edit("konnect/teams.yaml", before, auth);
        fails(planted, &["plan"]).await;
        planted.world.edit("konnect/teams.yaml", auth, before);
        planted.world.edit("konnect/teams.yaml", elsewhere, remote);
    }
    // Keys that open nothing, and a document that is damaged.
    planted.world.edit("konnect/platform.yaml", "MARK-passphrase-literal", "MARK-platform-git-literal");
    fails(planted, &["plan"]).await;
    planted.world.edit(
        "konnect/platform.yaml",
        "passphrase: {type: literal, value: MARK-platform-git-literal}",
        "passphrase: {type: literal, value: MARK-passphrase-literal}",
    );
    let whole = planted.world.read("states/Acme~1.json");
    planted.world.write("states/Acme~1.json", &whole[..whole.len() / 2]);
    fails(planted, &["apply", "--auto-approve"]).await;
    planted.world.write("states/Acme~1.json", &whole);
    planted.world.write("secrets/identity", "MARK-ssh-file\n");
    fails(planted, &["state", "list"]).await;
}

async fn succeeds(planted: &mut Planted, arguments: &[&str]) {
    let run = planted.run(arguments).await;
    assert_eq!(run.code, 0, "{arguments:?}\n{}\n{}", run.stdout, run.stderr);
}

async fn fails(planted: &mut Planted, arguments: &[&str]) {
    let run = planted.run(arguments).await;
    assert_eq!(run.code, 1, "{arguments:?}\n{}\n{}", run.stdout, run.stderr);
}

/// What a person may paste into the wrong place: a token by its beginning, and one by its look.
const PASTED: [&str; 2] = ["ghp_pasted", "9XyZ2mQ4rT6vB8nL0pS3pasted"];

#[test]
fn r11_a_secret_in_a_variable_that_is_not_valid_is_not_shown() {
    let world = World::new();
    let page = include_str!("../../docs/variables.md");
    let names: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(names.len() > 60, "{names:?}");
    let unset = ["KOCTL_LOG", "KOCTL_SANDBOX_RECORD_DIR", "HOME", "PATH", "TMPDIR"];
    for name in names.into_iter().filter(|name| !unset.contains(name)) {
        let store = match name.split('_').next().unwrap() {
            "AWS" => "s3://states/koctl",
            "GOOGLE" | "STORAGE" => "gs://states/koctl",
            "ARM" | "AZURE" => "az://states/koctl",
            "TF" => "http://127.0.0.1:1/states",
            _ if name.starts_with("PG") => "postgres://127.0.0.1:1/states",
            _ => "file:.koctl/state",
        };
        for secret in PASTED {
            let mut command = world.command(&["plan"]);
            command.env("KOCTL_KONNECT_URL", "http://127.0.0.1:1").env("KOCTL_GITHUB_URL", "http://127.0.0.1:1");
            command.env("KOCTL_HTTP_RETRIES", "0").env("KOCTL_HTTP_CONNECT_TIMEOUT", "1").env("KOCTL_STATE", store);
            command.env("ACME_TOKEN", "token").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").env("AWS_REGION", "x");
            command.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x").env(name, secret);
            command.env("STORAGE_EMULATOR_HOST", "127.0.0.1:1").env("AZURE_STORAGE_ACCOUNT", "states");
            command.env("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:1").env(name, secret);
            let run = finish(command);
            assert!(!format!("{}{}", run.stdout, run.stderr).contains("pasted"), "{name}: {}", run.stderr);
        }
    }
}

#[test]
fn r11_a_secret_in_the_place_of_an_argument_is_not_shown() {
    let world = World::new();
    for secret in PASTED {
        for arguments in [
            &["plan", "--token", secret][..],
            &["plan", secret],
            &[secret],
            &["plan", "--state", secret],
            &["add", "organization", "Beta", "--region", "eu", "--token-env", secret],
            &["import", "--generate", "--org", "Acme", "--token-env", secret, "--out", "generated"],
            &["init", "--url", secret, "--auto-approve"],
            &["validate", "--color", secret],
        ] {
            let run = world.run(arguments);
            assert_eq!(run.code, 1, "{arguments:?}: {}", run.stderr);
            assert!(!format!("{}{}", run.stdout, run.stderr).contains("pasted"), "{arguments:?}: {}", run.stderr);
        }
    }
}

#[test]
fn r11_a_secret_in_the_place_of_its_source_is_not_shown() {
    let world = World::new();
    for (kind, secret) in PASTED.into_iter().flat_map(|secret| [("env", secret), ("file", secret)]) {
        let teams = "\norganizations:\n  Acme:\n    access-token: {type: KIND, value: VALUE}\n    environments: {dev: {type: DEV, region: eu}}\n";
        world.write("konnect/organizations.yaml", &teams.replace("KIND", kind).replace("VALUE", secret));
        for arguments in [&["validate"][..], &["plan"], &["drift"], &["plan", "--sandbox"], &["graph"]] {
            let run = world.run(arguments);
            assert!(!format!("{}{}", run.stdout, run.stderr).contains("pasted"), "{arguments:?}: {}", run.stderr);
        }
    }
}
