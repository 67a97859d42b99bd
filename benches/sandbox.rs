//! The cost of a large sandbox: `cargo bench --bench sandbox`. It has 20,000 APIs, which plain requests create once in
//! about a minute. Then it is started again, and serves pages over HTTP.

#![allow(clippy::unwrap_used, reason = "where a benchmark cannot go on it fails")]

use std::path::Path;
use std::sync::LazyLock;

use divan::Bencher;
use futures::StreamExt;
use reqwest::Client;
use sandbox::{Account, Sandbox, SandboxOptions};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const APIS: usize = 20_000;
const TOKEN: &str = "token-of-the-benchmark";

fn main() {
    divan::main();
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The directory of a sandbox with all APIs, which is not running.
static FILLED: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    RUNTIME.block_on(async {
        let sandbox = start(directory.path()).await;
        let (client, url) = (Client::new(), url(&sandbox));
        let create = |index: usize| {
            let labels = json!({ "team-name": format!("team-{}", index % 100), "env-name": "dev" });
            let body = json!({ "name": format!("api-{index}"), "version": "1.0.0", "labels": labels });
            let request = client.post(&url).bearer_auth(TOKEN).json(&body);
            async move { request.send().await.unwrap().error_for_status().unwrap() }
        };
        futures::stream::iter(0..APIS).map(create).buffer_unordered(16).for_each(|_| async {}).await;
        sandbox.stop().await;
    });
    directory
});

async fn start(directory: &Path) -> Sandbox {
    let organizations = vec![Account { organization: "one".to_owned(), token: TOKEN.to_owned().into() }];
    Sandbox::start(SandboxOptions { dir: directory.to_owned(), port: 0, organizations }).await.unwrap()
}

fn url(sandbox: &Sandbox) -> String {
    sandbox.konnect_url().replace("{region}", "us") + "/v3/apis"
}

/// From the file to the first answer.
#[divan::bench(sample_count = 10)]
fn start_with_all_apis(bencher: Bencher) {
    let directory = FILLED.path();
    bencher.bench_local(|| {
        RUNTIME.block_on(async { start(directory).await.stop().await });
    });
}

/// Pages from the start, the middle and the end, sorted and filtered ones.
#[divan::bench(
    args = [
        "page[size]=10",
        "page[size]=100",
        "page[size]=100&page[number]=200",
        "page[size]=100&sort=name",
        "filter[name][eq]=api-19999",
        "filter[labels.team-name]=team-7",
    ],
    sample_count = 50
)]
fn page(bencher: Bencher, query: &str) {
    let sandbox = RUNTIME.block_on(start(FILLED.path()));
    let (client, url) = (Client::new(), format!("{}?{query}", url(&sandbox)));
    bencher.bench_local(|| {
        RUNTIME.block_on(async {
            let answer = client.get(&url).bearer_auth(TOKEN).send().await.unwrap().error_for_status().unwrap();
            answer.bytes().await.unwrap()
        })
    });
    RUNTIME.block_on(sandbox.stop());
}
