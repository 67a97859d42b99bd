//! Fuzzing of the readers of documents that others may have written or changed: states, encrypted states, plans.
//!
//! Whatever the bytes, a reader returns a value or an error: it does not panic, does not overflow the stack, and what it
//! allocates is bounded by a multiple of the input. Well-formed documents are mutated, and resealed as often as not, so
//! that what stands behind a checksum is reached as well. A few thousand documents are read in every test run; for more,
//!
//! ```sh
//! KOCTL_FUZZ_SECONDS=600 cargo test --release --test fuzz_readers -- --ignored --nocapture
//! ```
//!
//! `fuzz/` has the same readers for `cargo fuzz`, which needs a nightly compiler.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on panics, and tells its numbers")]

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::Plan;
use engine::state::{KeySources, Keys, State, Store};
use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest, Sha256};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Only one test measures at a time.
static MEASURING: Mutex<()> = Mutex::new(());

/// An empty list is two bytes of JSON and some seventy of memory while the list around it grows; and what is read is
/// held twice, as JSON and as a state, while one becomes the other.
const BYTES_FOR_EACH_BYTE: usize = 300;
/// For errors, buffers and everything else that a run needs once.
const BYTES_BESIDES: usize = 1 << 20;

/// The reader that a document is given to.
#[derive(Debug, Clone, Copy)]
enum Reader {
    State,
    Plan,
    Store,
}

/// The readers, with what they need.
struct Readers {
    store: Store,
    seeds: Vec<(Reader, Vec<u8>)>,
}

/// A change to a document.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Delete(Index, Index),
    Repeat(Index, Index, u8),
    Insert(Index, &'static str),
    Splice(Index, Index),
    Cut(Index),
}

/// Texts that mean something to a reader of JSON, of a state, or of age's files.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[",
    "{\"a\":{\"a\":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    ",",
    ":",
    "null",
    "true",
    "-",
    "0",
    "-0",
    "1e999999",
    "18446744073709551616",
    "-9223372036854775809",
    "0.1e-400",
    "99999999999999999999999999",
    "\"version\": 2,",
    "\"version\": 18446744073709551615,",
    "\"format\": \"koctl-state\",",
    "\"serial\": 1,",
    "\"checksum\": \"",
    "\"resources\": {},",
    "\"intents\": [],",
    "\u{0}",
    "\u{feff}",
    "\u{10ffff}",
    "\n",
    "-> scrypt AAAA 62\n",
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "age-encryption.org/v1\n",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(from, length)| Mutation::Delete(from, length)),
        2 => (any::<Index>(), any::<Index>(), any::<u8>()).prop_map(|(from, length, times)| Mutation::Repeat(from, length, times)),
        4 => (any::<Index>(), prop::sample::select(TOKENS)).prop_map(|(at, token)| Mutation::Insert(at, token)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(seed, at)| Mutation::Splice(seed, at)),
        1 => any::<Index>().prop_map(Mutation::Cut),
    ]
}

/// A seed, its mutations, and true if its checksum is corrected afterwards.
fn case() -> impl Strategy<Value = (Index, Vec<Mutation>, bool)> {
    (any::<Index>(), prop::collection::vec(mutation(), 0..8), any::<bool>())
}

impl Readers {
    fn new() -> Self {
        let identity = age::x25519::Identity::generate();
        let keys = Keys::new(KeySources {
            recipients: vec![identity.to_public().to_string()],
            identities: vec![identity.to_string()],
            ..KeySources::default()
        });
        let directory = tempfile::tempdir().unwrap();
        let url = format!("file:{}", directory.path().display());
        let store = Store::open(&url, &|_| None).unwrap().with_keys(keys.unwrap());
        let state = std::fs::read("testdata/state/v1.json").unwrap();
        let seeds = vec![
            (Reader::Plan, plan()),
            (Reader::State, State::new("Acme").to_bytes()),
            (Reader::State, state.clone()),
            (Reader::Store, state.clone()),
            (Reader::Store, encrypted(&store, &directory, &state)),
        ];
        Self { store, seeds }
    }

    /// Gives a document to its reader. The result does not matter, only that the reader returns.
    fn read(&self, reader: Reader, bytes: &[u8]) -> bool {
        match reader {
            Reader::State => State::from_bytes(bytes).is_ok(),
            Reader::Plan => Plan::from_bytes(bytes).is_ok(),
            Reader::Store => self.store.parse(bytes).is_ok(),
        }
    }

    /// Reads a document and compares the allocated memory with its length. Returns true if it was accepted, and the
    /// bytes that were allocated for each of its own.
    fn measured(&self, reader: Reader, bytes: &[u8]) -> (bool, f64) {
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let accepted = self.read(reader, bytes);
        let used = ALLOCATOR.peak_usage().saturating_sub(before);
        let allowed = bytes.len() * BYTES_FOR_EACH_BYTE + BYTES_BESIDES;
        assert!(used <= allowed, "{reader:?} took {used} bytes for {}: {}", bytes.len(), beginning(bytes));
        (accepted, used.saturating_sub(BYTES_BESIDES) as f64 / bytes.len().max(1) as f64)
    }

    fn mutated(&self, seed: Index, mutations: &[Mutation], reseal: bool) -> (Reader, Vec<u8>) {
        let (reader, bytes) = &self.seeds[seed.index(self.seeds.len())];
        let mut bytes = bytes.clone();
        for mutation in mutations {
            self.mutate(&mut bytes, mutation);
        }
        if reseal {
            resealed(&mut bytes);
        }
        (*reader, bytes)
    }

    fn mutate(&self, bytes: &mut Vec<u8>, mutation: &Mutation) {
        let range = |from: Index, length: Index, limit: usize, all: usize| {
            let from = from.index(all);
            from..(from + 1 + length.index(limit)).min(all)
        };
        let all = bytes.len();
        match mutation {
            Mutation::Insert(at, token) => drop(bytes.splice(at.index(all + 1)..at.index(all + 1), token.bytes())),
            Mutation::Splice(seed, at) => {
                let other = &self.seeds[seed.index(self.seeds.len())].1;
                bytes.truncate(at.index(all + 1));
                bytes.extend(&other[at.index(other.len())..]);
            }
            Mutation::Cut(at) => bytes.truncate(at.index(all + 1)),
            _ if all == 0 => {}
            Mutation::Flip(at, byte) => bytes[at.index(all)] ^= byte,
            Mutation::Delete(from, length) => drop(bytes.drain(range(*from, *length, 64, all))),
            Mutation::Repeat(from, length, times) => {
                let range = range(*from, *length, 256, all);
                let repeated = bytes[range.clone()].repeat(usize::from(*times));
                drop(bytes.splice(range.start..range.start, repeated));
            }
        }
    }
}

/// The document of a state as a store with keys writes it.
fn encrypted(store: &Store, directory: &tempfile::TempDir, state: &[u8]) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let state = State::from_bytes(state).unwrap();
    let options = engine::state::LockOptions::new("fuzz");
    runtime.block_on(store.replace(&state, &options, |_| Ok::<_, engine::state::Error>(()))).unwrap();
    let mut written = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
    let document = written.find(|path| path.extension().is_some_and(|extension| extension == "json")).unwrap();
    std::fs::read(document).unwrap()
}

/// A plan as koctl saves it.
fn plan() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/orbit");
    let mut koctl = std::process::Command::new(env!("CARGO_BIN_EXE_koctl"));
    let sandbox = format!("--sandbox={}", directory.path().join("sandbox").display());
    let file = directory.path().join("plan.koctl");
    let planned = koctl.args(["plan", &sandbox, "-o"]).arg(&file).current_dir(example).output().unwrap();
    assert!(planned.status.success(), "{}", String::from_utf8_lossy(&planned.stderr));
    std::fs::read(file).unwrap()
}

/// Corrects the checksum of a state for its content, if it has one.
fn resealed(bytes: &mut Vec<u8>) {
    const BEFORE: &[u8] = b"\"checksum\": \"";
    let Some(start) = bytes.windows(BEFORE.len()).position(|window| window == BEFORE) else { return };
    let start = start + BEFORE.len();
    let Some(length) = bytes[start..].iter().position(|byte| *byte == b'"') else { return };
    drop(bytes.drain(start..start + length));
    let digest: String = Sha256::digest(&*bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    drop(bytes.splice(start..start, format!("sha256:{digest}").into_bytes()));
}

fn beginning(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(400)]).into_owned()
}

/// The counts of a time of fuzzing.
#[derive(Default)]
struct Tally {
    read: u64,
    accepted: u64,
    most: f64,
}

fn fuzz(until: impl Fn(u64) -> bool) -> Tally {
    let _alone = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    let readers = Readers::new();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let strategy = case();
    let mut tally = Tally::default();
    while !until(tally.read) {
        let (seed, mutations, reseal) = strategy.new_tree(&mut runner).unwrap().current();
        let (reader, bytes) = readers.mutated(seed, &mutations, reseal);
        let (accepted, ratio) = readers.measured(reader, &bytes);
        tally.read += 1;
        tally.accepted += u64::from(accepted);
        tally.most = tally.most.max(ratio);
    }
    tally
}

#[test]
fn documents_as_they_are_written_are_read() {
    let _alone = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    let readers = Readers::new();
    for (reader, bytes) in &readers.seeds {
        assert!(readers.read(*reader, bytes), "{reader:?}: {}", beginning(bytes));
    }
}

#[test]
fn no_mutated_document_panics_or_takes_more_memory_than_it_should() {
    let tally = fuzz(|read| read >= 3_000);
    assert!(tally.accepted > 0 && tally.accepted < tally.read, "{} of {}", tally.accepted, tally.read);
}

#[test]
#[ignore = "runs as long as KOCTL_FUZZ_SECONDS says, ten minutes without it"]
fn no_document_does_in_a_long_time() {
    let seconds = std::env::var("KOCTL_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let end = Instant::now() + Duration::from_secs(seconds);
    let Tally { read, accepted, most } = fuzz(|_| Instant::now() >= end);
    println!(
        "{read} documents in {seconds} seconds, {accepted} of them accepted; at most {most:.1} bytes were allocated for \
         each byte of a document, above {BYTES_BESIDES}"
    );
}

/// Documents that readers of JSON have stumbled over.
#[test]
fn documents_that_were_made_to_hurt_are_refused() {
    let _alone = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    let readers = Readers::new();
    let million = 1_000_000;
    let state = |resources: &str| {
        let text = format!(
            "{{\"format\": \"koctl-state\", \"version\": 1, \"checksum\": \"\", \"lineage\": \"l\", \"serial\": 1, \
             \"scope\": \"s\", \"resources\": {resources}, \"intents\": []}}"
        );
        let mut bytes = text.into_bytes();
        resealed(&mut bytes);
        bytes
    };
    let attribute = |value: &str| {
        state(&format!("{{\"s/a/b\": {{\"type\": \"a\", \"id\": \"1\", \"attributes\": {{\"x\": {value}}}}}}}"))
    };
    assert!(readers.read(Reader::State, &attribute("1")), "an attribute that is a number is no trouble");
    for document in [
        "[".repeat(million).into_bytes(),
        "{\"a\":".repeat(million).into_bytes(),
        attribute(&("[".repeat(million) + &"]".repeat(million))),
        attribute("1e999999"),
        state(&"9".repeat(million)),
        state(&format!("[{}]", vec!["[]"; million].join(","))),
        state("{\"a\": {}, \"a\": {}}"),
        state("18446744073709551616"),
        format!("{{\"format\": \"{}\"}}", "x".repeat(million)).into_bytes(),
        b"{\"format\": \"koctl-encrypted-state\", \"version\": 1, \"lineage\": \"\", \"serial\": 0, \"state\": \"age-encryption.org/v1\\n-> X25519 AAAA\\n\"}".to_vec(),
        vec![0; million],
        vec![0xff; million],
    ] {
        for reader in [Reader::State, Reader::Plan, Reader::Store] {
            let (accepted, _) = readers.measured(reader, &document);
            assert!(!accepted, "{reader:?}: {}", beginning(&document));
        }
    }
    // Long, and nothing else: these are states.
    for document in [attribute(&"9".repeat(300)), attribute(&format!("[{}]", vec!["[]"; 100_000].join(",")))] {
        readers.measured(Reader::State, &document);
        readers.measured(Reader::Store, &document);
    }
}
