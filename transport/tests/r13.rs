//! The rules of HTTP (R13) as a server sees them.

#![allow(clippy::unwrap_used, reason = "this whole program is tests, their helpers included")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use transport::{ComeAgain, NoRedirects, Repeat, Settings, Transport, TransportError};

/// A server that answers each request line as a test says, and hangs after the answer if that is incomplete.
struct Server {
    address: SocketAddr,
    /// The heads of all requests.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(serve(connection, move |head| {
                    seen.lock().unwrap().push(head.to_owned());
                    answer(head.lines().next().unwrap())
                }));
            }
        });
        Self { address, heads }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The lines of the requests that were received.
    fn requests(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads.iter().map(|head| head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned()).collect()
    }
}

async fn serve(mut connection: TcpStream, answer: impl Fn(&str) -> String) {
    let mut received = String::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(count @ 1..) = connection.read(&mut buffer).await else { return };
        received.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        while let Some((head, rest)) = received.split_once("\r\n\r\n") {
            connection.write_all(answer(head).as_bytes()).await.unwrap();
            received = rest.to_owned();
        }
    }
}

fn answer(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
}

fn transport(settings: Settings) -> Transport {
    Transport::new(&settings).unwrap()
}

fn quick() -> Settings {
    Settings { retries: 2, longest_pause: Duration::from_millis(1), ..Settings::default() }
}

fn request(method: Method, url: &str) -> Request<Bytes> {
    Request::builder().method(method).uri(url).header("authorization", "Bearer sesame").body(Bytes::new()).unwrap()
}

async fn send(request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
    transport(quick()).send(request).await
}

#[tokio::test]
async fn r13_a_get_follows_where_an_object_has_moved_on_its_server() {
    let server = Server::start(|line| match line {
        "GET /old HTTP/1.1" => answer("301 Moved Permanently", "location: /new\r\n"),
        _ => answer("200 OK", ""),
    })
    .await;
    assert_eq!(send(request(Method::GET, &server.url("/old"))).await.unwrap().status(), 200);
    assert_eq!(server.requests(), ["GET /old", "GET /new"]);
    assert!(server.heads.lock().unwrap()[1].contains("authorization: Bearer sesame"));
}

#[tokio::test]
async fn r13_a_caller_can_see_a_redirect_instead_of_following_it() {
    let server = Server::start(|_| answer("301 Moved Permanently", "location: /new\r\n")).await;
    let mut request = request(Method::GET, &server.url("/old"));
    request.extensions_mut().insert(NoRedirects);
    assert_eq!(send(request).await.unwrap().headers()["location"], "/new");
    assert_eq!(server.requests(), ["GET /old"]);
}

#[tokio::test]
async fn r13_a_refusal_that_asks_in_words_to_come_again_is_sent_again_after_the_pause() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => answer("403 Forbidden", "x-please: wait\r\n"),
        _ => answer("201 Created", ""),
    })
    .await;
    let mut request = request(Method::POST, &server.url("/"));
    let pause = |answer: &Response<Bytes>| answer.headers().contains_key("x-please").then_some(Duration::from_secs(1));
    request.extensions_mut().insert(ComeAgain(pause));
    let start = Instant::now();
    assert_eq!(send(request).await.unwrap().status(), 201);
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests(), ["POST /", "POST /"]);
}

#[tokio::test]
async fn r13_no_redirect_takes_a_token_to_another_server() {
    let other = Server::start(|_| answer("200 OK", "")).await;
    let location = format!("location: {}\r\n", other.url("/"));
    let server = Server::start(move |_| answer("302 Found", &location)).await;
    assert_eq!(send(request(Method::GET, &server.url("/"))).await.unwrap().status(), 302);
    assert_eq!(other.requests(), [""; 0]);
}

#[tokio::test]
async fn r13_a_circle_of_redirects_ends_with_one_as_the_answer() {
    let server = Server::start(|_| answer("302 Found", "location: /again\r\n")).await;
    assert_eq!(send(request(Method::GET, &server.url("/"))).await.unwrap().status(), 302);
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn r13_only_gets_follow_redirects() {
    let server = Server::start(|_| answer("307 Temporary Redirect", "location: /new\r\n")).await;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(send(request(method, &server.url("/"))).await.unwrap().status(), 307);
    }
    assert_eq!(server.requests(), ["POST /", "PUT /", "PATCH /", "DELETE /"]);
}

#[tokio::test]
async fn r13_the_number_of_retries_is_a_setting() {
    let server = Server::start(|_| answer("503 Service Unavailable", "")).await;
    for (retries, requests) in [(0, 1), (1, 3), (2, 6)] {
        let transport = transport(Settings { retries, ..quick() });
        assert_eq!(transport.send(request(Method::GET, &server.url("/"))).await.unwrap().status(), 503);
        assert_eq!(server.requests().len(), requests);
    }
}

#[tokio::test]
async fn r13_a_request_says_itself_whether_it_may_be_repeated() {
    let server = Server::start(|_| answer("503 Service Unavailable", "")).await;
    let mut object = request(Method::POST, &server.url("/objects"));
    object.extensions_mut().insert(Repeat::Harmless);
    assert_eq!(send(object).await.unwrap().status(), 503);
    let mut document = request(Method::PUT, &server.url("/document"));
    document.extensions_mut().insert(Repeat::Never);
    let lost = send(document).await.unwrap_err();
    assert!(matches!(lost, TransportError::FateUnknown { .. }), "{lost}");
    assert_eq!(lost.to_string(), format!("the answer from {} was lost: 503 Service Unavailable", server.address));
    assert_eq!(server.requests(), ["POST /objects", "POST /objects", "POST /objects", "PUT /document"]);
}

#[tokio::test]
async fn r13_an_answer_has_a_time_limit_and_so_has_its_body() {
    let whole = Server::start(|_| String::new()).await;
    let body = Server::start(|_| "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()).await;
    for server in [whole, body] {
        let settings = Settings { request_timeout: Duration::from_millis(50), retries: 0, ..quick() };
        let start = Instant::now();
        let lost = transport(settings).send(request(Method::GET, &server.url("/"))).await.unwrap_err();
        assert!(matches!(lost, TransportError::FateUnknown { .. }), "{lost}");
        assert!(lost.to_string().contains("it took too long"), "{lost}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn r13_a_server_that_cannot_be_reached_has_not_carried_out_anything() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = send(request(Method::POST, &format!("http://{address}/?token=sesame"))).await.unwrap_err();
    assert!(matches!(error, TransportError::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("no connection to {address}: ")) && text.contains("refused"), "{text}");
    assert!(!text.contains("sesame"), "{text}");
}

#[tokio::test]
async fn r13_a_request_without_a_server_is_not_valid() {
    for url in ["/path", "ftp://127.0.0.1/"] {
        let error = send(request(Method::GET, url)).await.unwrap_err();
        assert!(matches!(error, TransportError::Invalid(_)), "{error}");
    }
}

#[tokio::test]
async fn r13_every_request_names_its_client() {
    let server = Server::start(|_| answer("200 OK", "")).await;
    let settings = Settings { user_agent: "test/1".to_owned(), ..quick() };
    transport(settings).send(request(Method::GET, &server.url("/"))).await.unwrap();
    assert!(server.heads.lock().unwrap()[0].contains("user-agent: test/1"));
}

#[tokio::test]
async fn r13_an_answer_without_end_is_read_up_to_the_limit_and_asked_for_once() {
    let announced = |_: &str| "HTTP/1.1 200 OK\r\ncontent-length: 20000000000\r\n\r\n".to_owned() + &"x".repeat(100);
    let chunked = |_: &str| {
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned() + &"5\r\nhello\r\n".repeat(300_000)
    };
    for server in [Server::start(announced).await, Server::start(chunked).await] {
        let settings = Settings { largest_answer: 1024 * 1024, ..quick() };
        let error = transport(settings).send(request(Method::GET, &server.url("/"))).await.unwrap_err();
        assert!(error.is_fate_unknown() && matches!(error, TransportError::TooLarge { .. }), "{error}");
        let expected = format!("the answer from {} is larger than 1 MiB, the limit for an answer", server.address);
        assert_eq!(error.to_string(), expected);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn r13_an_error_without_end_is_an_error_without_words() {
    let body = "x".repeat(1024 * 1024);
    let server =
        Server::start(move |_| format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 1048576\r\n\r\n{body}")).await;
    let answer = send(request(Method::GET, &server.url("/"))).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().len()), (400, 0));
}

#[tokio::test]
async fn r13_headers_without_end_are_not_read_for_ever() {
    let head = |_: &str| "HTTP/1.1 200 OK\r\n".to_owned() + &"x-more: 0123456789\r\n".repeat(200_000);
    let server = Server::start(head).await;
    let settings = Settings { retries: 0, ..quick() };
    let start = Instant::now();
    let error = transport(settings).send(request(Method::GET, &server.url("/"))).await.unwrap_err();
    assert!(error.is_fate_unknown(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn r13_an_answer_that_always_takes_too_long_is_not_waited_for_after_every_retry() {
    let server = Server::start(|_| String::new()).await;
    let settings = Settings { request_timeout: Duration::from_millis(300), retries: 100, ..quick() };
    let error = transport(settings).send(request(Method::GET, &server.url("/"))).await.unwrap_err();
    assert!(error.to_string().contains("KOCTL_HTTP_TIMEOUT sets the limit of 300ms"), "{error}");
    assert!(server.requests().len() <= 3, "{:?}", server.requests());
}

#[tokio::test]
async fn r11_a_token_that_a_server_repeats_in_an_error_is_masked_in_its_body_and_headers() {
    let server = Server::start(|_| {
        let body = r#"{"message":"no Bearer ses\u0061me-1234, c2VzYW1lLTEyMzQ="}"#;
        let headers = format!("location: /x?token=ses%61me-1234\r\ncontent-length: {}\r\n", body.len());
        format!("HTTP/1.1 401 Unauthorized\r\n{headers}\r\n{body}")
    })
    .await;
    let request =
        Request::get(server.url("/")).header("authorization", "Bearer sesame-1234").body(Bytes::new()).unwrap();
    let answer = send(request).await.unwrap();
    assert_eq!(answer.headers()["location"], "/x?token=***");
    assert_eq!(answer.body(), r#"{"message":"no Bearer ***, ***="}"#);
}

#[tokio::test]
async fn r11_other_secrets_of_a_request_are_masked_and_data_is_not() {
    let answer =
        |status: &str, body: &str| format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let server = Server::start(move |line| match line.starts_with("GET") {
        true => answer("200 OK", "sesame and hush-hush"),
        false => answer("400 Bad Request", "sesame and hush-hush"),
    })
    .await;
    for (method, body) in [(Method::GET, "sesame and hush-hush"), (Method::POST, "*** and ***")] {
        let mut request = request(method, &server.url("/"));
        request.extensions_mut().insert(transport::Sensitive(vec!["hush-hush".to_owned()]));
        assert_eq!(send(request).await.unwrap().body(), body);
    }
}
