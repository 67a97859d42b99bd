//! Names that a shell can complete. They come from files of this machine alone: nothing here asks the network, waits for
//! a lock or writes, and what cannot be read is not completed.

use std::path::Path;

use serde_json::Value;

use crate::manifest::document::parse_value;
use crate::manifest::files;
use crate::platform_repository::PLATFORM;
use engine::state::Store;

/// The names of the organizations in a file of the configuration.
#[must_use]
pub fn organizations(file: &Path) -> Vec<String> {
    let document = document(file);
    document["organizations"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// Where the state is, as the configuration in a file says. `None` if it does not say.
#[must_use]
pub fn configured_state(file: Option<&Path>) -> Option<String> {
    let document = document(file.unwrap_or(Path::new(PLATFORM)));
    document["platform"]["state"]["url"].as_str().map(str::to_owned)
}

/// The addresses of the resources in the state at `url`, if that is a directory of this machine.
#[must_use]
pub fn addresses(url: &str) -> Vec<String> {
    if !url.starts_with("file:") {
        return Vec::new();
    }
    let Ok(store) = Store::open(url, &|_: &str| None) else { return Vec::new() };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return Vec::new() };
    runtime.block_on(async {
        let mut addresses = Vec::new();
        for scope in store.scopes().await.unwrap_or_default() {
            // An encrypted state is not opened: a shell has no business with keys.
            if let Ok(Some(snapshot)) = store.read(&scope).await {
                addresses.extend(snapshot.state.resources.keys().cloned());
            }
        }
        addresses
    })
}

fn document(file: &Path) -> Value {
    let bytes = files::read(file, files::LARGEST_DOCUMENT).unwrap_or_default();
    parse_value(&String::from_utf8_lossy(&bytes)).unwrap_or_default()
}
