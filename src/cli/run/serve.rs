//! The flags of `koctl run`, and how it serves.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::cli::common::SystemArgs;
use crate::cli::environment::with_dotenv;
use crate::cli::interrupt;
use crate::cli::outcome::Outcome;
use crate::cli::output::{Output, write_data, write_line};
use crate::cli::repository::RepositoryArgs;
use crate::compiler::platform::PlatformWork;
use crate::manifest::model::{Author, Portal};
use crate::operations::{
    Environment, Failure, Failures, FirstFiles, Onboarding, RepositoryAccess, portal_key, sandbox_platform,
};
use crate::server::{Event, Parts, SandboxSettings, Server, Settings, SettingsInput, start};
use transport::variable;

/// The port that the UI of the Go koctl expects.
const PORT: u16 = 8080;

/// Where the service listens, and what it works on.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// The port; 0 takes any free one [default: the variable SERVER_PORT, then 8080].
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// The address to listen on [default: the variable SERVER_HOST, then 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,

    #[command(flatten)]
    repository: RepositoryArgs,

    #[command(flatten)]
    system: SystemArgs,
}

/// Serves these parts until the program is interrupted.
pub(super) async fn serve(args: &ServeArgs, parts: Parts, output: &Output) -> Result<Outcome, Failures> {
    let environment = Arc::new(with_dotenv(None, output)?);
    require(args, &environment)?;
    let (listener, port) = listen(args, &environment).await?;
    let shared = Arc::clone(&environment);
    let here = Path::new(".");
    let (repository, first_files) = match args.system.sandbox() {
        Some(_) => (args.repository.or_in_sandbox(sandbox_platform(here)?, &environment), FirstFiles::of(here)?),
        None => (args.repository.clone(), FirstFiles::default()),
    };
    let access =
        repository.open_as(&args.system, Box::new(move |name| shared(name)), author(&environment), first_files, output);
    let (access, _) = access.await?;
    let portal = access.portal()?;
    let input = SettingsInput {
        environment: &environment,
        portal: &portal,
        port,
        sandbox: of_sandbox(args, &access.repository().owner)?,
    };
    let settings = match Settings::check(input) {
        Ok(settings) => settings,
        Err(failures) => {
            access.close().await;
            return Err(failures);
        }
    };
    let onboarding = onboarding(access, args, &environment, &portal)?;
    let stop = interrupt::watch();
    let address = settings.address().to_owned();
    let server = start(listener, parts, settings, onboarding, Arc::new(record))?;
    let what = if parts == Parts::Api { "the API" } else { "the portal and its API" };
    output.note(&format!("Serving {what} at {address}. Press Ctrl-C to end."));
    until_interrupted(server, stop).await?;
    Ok(Outcome::Done)
}

/// Lists everything that flags and variables lack, before the configuration says who may sign in.
fn require(args: &ServeArgs, environment: &Environment) -> Result<(), Failures> {
    if args.system.sandbox().is_some() {
        return Ok(());
    }
    let mut failures: Failures = args.repository.missing(environment)?.into_iter().collect();
    // The list of those who may sign in can be in the repository.
    let portal = Portal { sign_in: vec!["unknown".to_owned()], ..Portal::default() };
    let input = SettingsInput { environment, portal: &portal, port: PORT, sandbox: None };
    if let Err(missing) = Settings::check(input) {
        missing.into_iter().for_each(|failure| failures.push(failure));
    }
    failures.none_or(())
}

async fn until_interrupted(server: Server, mut stop: tokio::sync::watch::Receiver<bool>) -> Result<(), Failure> {
    // An error means that no task listens for interrupts any more.
    let _ = stop.wait_for(|stop| *stop).await;
    server.stop().await
}

fn onboarding(
    access: RepositoryAccess,
    args: &ServeArgs,
    environment: &Arc<Environment>,
    portal: &Portal,
) -> Result<Onboarding, Failure> {
    let state = args.system.state(environment);
    let session = access.session(state.as_deref(), PlatformWork::Maintain)?;
    Onboarding::new(session, portal.base_branch.clone(), Arc::clone(environment))
}

/// Binds the port. The variables are those of the Go koctl.
async fn listen(args: &ServeArgs, environment: &Environment) -> Result<(TcpListener, u16), Failure> {
    let port = match (args.port, variable(environment, "SERVER_PORT")) {
        (Some(port), _) => port,
        (None, Some(text)) => text.trim().parse().map_err(|_| {
            Failure::new("the variable SERVER_PORT is not a port").help("set it to a number from 0 to 65535")
        })?,
        (None, None) => PORT,
    };
    let host = match (args.host, variable(environment, "SERVER_HOST")) {
        (Some(host), _) => host,
        (None, Some(text)) if text.trim() == "localhost" => IpAddr::from([127, 0, 0, 1]),
        (None, Some(text)) => text.trim().parse().map_err(|_| {
            Failure::new("the variable SERVER_HOST is not an address")
                .help("set it to the address of an interface, or to 0.0.0.0 for all of them")
        })?,
        (None, None) => IpAddr::from([127, 0, 0, 1]),
    };
    let failed = |error: std::io::Error| {
        Failure::new(format!("could not listen on port {port} of {host}: {error}"))
            .help("stop what listens there, or choose another port: `--port PORT`")
    };
    let listener = TcpListener::bind((host, port)).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    Ok((listener, port))
}

/// The author of the commits. `None` for the owner of the token.
fn author(environment: &Environment) -> Author {
    Author {
        name: variable(environment, "PLATFORM_REPO_OWNER_NAME"),
        email: variable(environment, "PLATFORM_REPO_OWNER_EMAIL"),
    }
}

/// What the sandbox provides.
fn of_sandbox(args: &ServeArgs, owner: &str) -> Result<Option<SandboxSettings>, Failure> {
    let Some(directory) = args.system.sandbox() else { return Ok(None) };
    let key = portal_key(directory)?;
    Ok(Some(SandboxSettings { app: sandbox::github::GITHUB_APP, key, organization: owner.to_owned() }))
}

/// Writes an event on a line of stdout.
fn record(event: &Event) {
    match serde_json::to_string(event) {
        Ok(text) => write_data(&transport::visible::json(&text)),
        Err(error) => write_line(&format!("An event could not be written: {error}.")),
    }
}
