//! `koctl version`

use serde_json::{Value, json};

use super::outcome::Outcome;
use super::output::Output;

/// Print the version.
///
/// A release also knows the commit that it was built from.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON instead of text, with the commit and the build.
    #[arg(long)]
    json: bool,
}

/// What `release/build` says of a build. Not by a build script: that would build koctl again with every commit.
struct Build {
    commit: Option<&'static str>,
    target: Option<&'static str>,
}

const BUILD: Build = Build { commit: option_env!("KOCTL_COMMIT"), target: option_env!("KOCTL_TARGET") };

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    if args.json {
        output.json(&BUILD.document().to_string());
    } else {
        output.screen(&BUILD.line());
    }
    Outcome::Done
}

impl Build {
    /// The version, as a person reads it.
    fn line(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match self.commit {
            Some(commit) => format!("koctl {version} ({})", commit.get(..12).unwrap_or(commit)),
            None => format!("koctl {version}"),
        }
    }

    /// The version for programs. The commit is `null` if the build was not made by `release/build`.
    fn document(&self) -> Value {
        let target = self.target.map(str::to_owned);
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "commit": self.commit,
            "build": {
                "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
                "target": target.unwrap_or_else(|| format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[test]
    fn a_build_by_hand_names_no_commit() {
        let build = Build { commit: None, target: None };
        assert_eq!(build.line(), format!("koctl {VERSION}"));
        assert_eq!(build.document()["commit"], Value::Null);
        assert!(build.document()["build"]["target"].as_str().unwrap().contains(std::env::consts::OS));
    }

    #[test]
    fn a_release_names_its_commit_and_its_target() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let build = Build { commit: Some(commit), target: Some("x86_64-unknown-linux-musl") };
        assert_eq!(build.line(), format!("koctl {VERSION} (0123456789ab)"));
        let document = build.document();
        assert_eq!((&document["version"], &document["commit"]), (&json!(VERSION), &json!(commit)));
        assert_eq!(document["build"]["target"], "x86_64-unknown-linux-musl");
    }
}
