//! The buckets of S3, Google Cloud Storage and Azure: the rules that every backend keeps, against servers that speak
//! their protocols. `.ci/servers` starts them, and says in variables where they are.

use std::collections::HashMap;
use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, process};

use ::conformance::{Fixture, NetworkFixture, trials};
use async_trait::async_trait;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use libtest_mimic::{Arguments, Failed, Trial};
use state_backends::{Backend, Kind, LockId, LockInfo, Objects};
use tokio::net::TcpListener;
use url::Url;

fn main() -> process::ExitCode {
    let places = [
        trials::of_network::<In<S3>>("s3", S3::VARIABLE),
        trials::of_network::<In<Google>>("google", Google::VARIABLE),
        trials::of_network::<In<Azure>>("azure", Azure::VARIABLE),
    ];
    let mut trials: Vec<Trial> = places.into_iter().flatten().collect();
    trials.extend([
        missing_bucket::<S3>("s3::a_bucket_that_does_not_exist_is_told"),
        missing_bucket::<Google>("google::a_bucket_that_does_not_exist_is_told"),
        missing_bucket::<Azure>("azure::a_bucket_that_does_not_exist_is_told"),
        Trial::test("a_server_that_ignores_conditions_is_refused", || {
            run(a_server_that_ignores_conditions_is_refused())
        }),
        Trial::test("a_token_in_the_error_of_a_server_is_masked", || run(a_token_in_the_error_of_a_server_is_masked())),
    ]);
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A kind of bucket, and the variables that give the address of its server.
trait Cloud: Send + Sync + 'static {
    /// Has `http://user:secret@host:port/bucket`.
    const VARIABLE: &'static str;
    const SCHEME: &'static str;

    /// The value of the variable of this name with which a user reaches `server` as `user` with `secret`.
    fn variable(name: &str, server: &str, user: &str, secret: &str) -> Option<String>;
}

struct S3;
struct Google;
struct Azure;

impl Cloud for S3 {
    const VARIABLE: &'static str = "KOCTL_TEST_S3_URL";
    const SCHEME: &'static str = "s3";

    fn variable(name: &str, server: &str, user: &str, secret: &str) -> Option<String> {
        match name {
            "AWS_ENDPOINT_URL" => Some(format!("http://{server}")),
            "AWS_ACCESS_KEY_ID" => Some(user.to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some(secret.to_owned()),
            "AWS_REGION" => Some("eu-central-1".to_owned()),
            _ => None,
        }
    }
}

impl Cloud for Google {
    const VARIABLE: &'static str = "KOCTL_TEST_GOOGLE_URL";
    const SCHEME: &'static str = "gs";

    fn variable(name: &str, server: &str, _user: &str, secret: &str) -> Option<String> {
        match name {
            "STORAGE_EMULATOR_HOST" => Some(server.to_owned()),
            "GOOGLE_OAUTH_ACCESS_TOKEN" => Some(secret.to_owned()),
            _ => None,
        }
    }
}

impl Cloud for Azure {
    const VARIABLE: &'static str = "KOCTL_TEST_AZURE_URL";
    const SCHEME: &'static str = "az";

    fn variable(name: &str, server: &str, user: &str, secret: &str) -> Option<String> {
        match name {
            "AZURE_STORAGE_ENDPOINT" => Some(format!("http://{server}/{user}")),
            "AZURE_STORAGE_ACCOUNT" => Some(user.to_owned()),
            "AZURE_STORAGE_KEY" => Some(secret.to_owned()),
            _ => None,
        }
    }
}

/// A prefix of its own in the bucket of a [`Cloud`]. The servers are for tests, and thrown away with all that is in
/// them.
struct In<C> {
    address: String,
    cloud: std::marker::PhantomData<C>,
}

/// The address of the server, from the variable of `C`.
fn server<C: Cloud>() -> Url {
    let value = env::var(C::VARIABLE).expect("without a server the rules do not run");
    Url::parse(&value).expect("the variable has a URL")
}

fn host_and_port(server: &Url) -> String {
    format!("{}:{}", server.host().expect("a server has a host"), server.port().expect("a test server has a port"))
}

fn secret(server: &Url) -> &str {
    server.password().expect("the variable has a secret")
}

fn open<C: Cloud>(address: &str, host: &str, secret: &str) -> Objects {
    let server = server::<C>();
    let variables = |name: &str| C::variable(name, host, server.username(), secret);
    Objects::open(address, &variables).expect("the address and the variables name a bucket")
}

#[async_trait]
impl<C: Cloud> Fixture for In<C> {
    async fn create() -> Self {
        let bucket = server::<C>().path().trim_matches('/').to_owned();
        Self { address: format!("{}://{bucket}/{}", C::SCHEME, LockId::random()), cloud: std::marker::PhantomData }
    }

    async fn open(&self) -> Arc<dyn Backend> {
        Self::open_at(&self.address).await
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    async fn open_at(address: &str) -> Arc<dyn Backend> {
        let server = server::<C>();
        Arc::new(open::<C>(address, &host_and_port(&server), secret(&server)))
    }

    async fn open_at_with_short_lease(address: &str) -> Arc<dyn Backend> {
        let server = server::<C>();
        let objects = open::<C>(address, &host_and_port(&server), secret(&server));
        Arc::new(objects.with_lease(Duration::from_secs(6)))
    }
}

#[async_trait]
impl<C: Cloud> NetworkFixture for In<C> {
    fn server(&self) -> String {
        host_and_port(&server::<C>())
    }

    async fn open_by_way_of(&self, proxy: SocketAddr) -> Arc<dyn Backend> {
        Arc::new(open::<C>(&self.address, &proxy.to_string(), secret(&server::<C>())))
    }

    async fn open_with_secret(&self, secret: &str) -> Arc<dyn Backend> {
        Arc::new(open::<C>(&self.address, &self.server(), secret))
    }
}

fn run(test: impl Future<Output = ()>) -> Result<(), Failed> {
    tokio::runtime::Runtime::new()?.block_on(test);
    Ok(())
}

/// Left out if there is no server, like the rules for all places.
fn missing_bucket<C: Cloud>(name: &str) -> Trial {
    let trial = Trial::test(name, || {
        run(async {
            let server = server::<C>();
            let address = format!("{}://no-such-bucket", C::SCHEME);
            let bucket = open::<C>(&address, &host_and_port(&server), secret(&server));
            let error = bucket.lock("a", &somebody()).await.expect_err("there is no bucket");
            assert_eq!(error.kind(), &Kind::Misconfigured, "{error:?}");
            assert!(error.next_step().contains(&bucket.describe()), "{}", error.next_step());
        })
    });
    trial.with_ignored_flag(env::var_os(C::VARIABLE).is_none())
}

fn somebody() -> LockInfo {
    LockInfo::of_this_process("test", "object store tests")
}

/// Two writers would overwrite each other there, so nothing is ever written but the lock, which is removed.
async fn a_server_that_ignores_conditions_is_refused() {
    let objects = Careless::default();
    let router = Router::new().fallback(careless).with_state(Arc::clone(&objects));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port can be listened on");
    let host = listener.local_addr().expect("a listening socket has an address").to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let variables = |name: &str| S3::variable(name, &host, "koctl", "sesame");
    let bucket = Objects::open("s3://bucket", &variables).expect("it is an address");
    let error = bucket.lock("a", &somebody()).await.expect_err("the server overwrites");
    assert_eq!(error.kind(), &Kind::Unsupported, "{error:?}");
    let cause = error.source().expect("there is a cause").to_string();
    assert!(cause.contains("without checking the condition of the write"), "{cause}");
    assert_eq!(error.next_step(), "Use a store that can.");
    assert!(objects.lock().expect("nobody panicked").is_empty(), "the lock was left");
}

/// The objects of a server that stores whatever comes, by their paths.
type Careless = Arc<Mutex<HashMap<String, Bytes>>>;

/// As much of S3's protocol as a lock takes, without the conditions.
async fn careless(State(objects): State<Careless>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a lock is small");
    let mut objects = objects.lock().expect("nobody panicked");
    let headers = [("ETag", "\"1\""), ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")];
    let path = parts.uri.path().to_owned();
    match parts.method {
        Method::PUT => {
            objects.insert(path, body);
            (headers, "").into_response()
        }
        Method::DELETE => {
            objects.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => match objects.get(&path) {
            Some(found) => (headers, found.clone()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

/// A token that a server repeats in its error.
async fn a_token_in_the_error_of_a_server_is_masked() {
    let answer = async |request: Request| {
        let token = request.headers()["authorization"].to_str().unwrap_or_default().to_owned();
        (StatusCode::FORBIDDEN, format!("<Error><Code>No</Code><Message>{token}</Message></Error>"))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port can be listened on");
    let host = listener.local_addr().expect("a listening socket has an address").to_string();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let variables = |name: &str| Google::variable(name, &host, "", "sesame-sesame");
    let bucket = Objects::open("gs://bucket", &variables).expect("it is an address");
    let error = bucket.read("a").await.expect_err("the server refuses");
    let cause = error.source().expect("there is a cause").to_string();
    assert!(cause.ends_with("the server answered 403 Forbidden: No: Bearer ***"), "{cause}");
}
