//! Encrypted states, through the store as its users have it.

use std::io::Read;

use age::x25519::Identity;
use secrecy::{ExposeSecret, SecretString};

use super::{InvalidKey, KeyError, KeySources, Keys};
use crate::state::damage::{Damage, Unreadable};
use crate::state::store::{LockOptions, Replaced, Store};
use crate::state::testing::{World, portal};
use crate::state::{Error, LockedState, State};

fn passphrase(text: &str) -> KeySources {
    KeySources { passphrase: Some(text.into()), ..KeySources::default() }
}

/// The same with `text` as a passphrase from before.
fn after(text: &str, sources: KeySources) -> KeySources {
    KeySources { old_passphrases: vec![text.into()], ..sources }
}

fn to(recipients: &[&Identity], identities: &[&Identity]) -> KeySources {
    KeySources {
        recipients: recipients.iter().map(|identity| identity.to_public().to_string()).collect(),
        identities: identities.iter().map(|identity| identity.to_string()).collect(),
        ..KeySources::default()
    }
}

fn store(world: &World, sources: KeySources) -> Store {
    world.store().with_keys(Keys::new(sources).unwrap())
}

async fn write(store: &Store, id: &str) -> Result<(), Error> {
    let locked = lock(store).await?;
    let resource = portal(id);
    locked.record(move |state| drop(state.resources.insert("kong/portal/prod".into(), resource))).await?;
    locked.release().await
}

async fn lock(store: &Store) -> Result<LockedState, Error> {
    store.lock("kong", &LockOptions::new("apply")).await
}

/// The id that `write` wrote last.
async fn id(store: &Store) -> Result<String, Error> {
    Ok(store.read("kong").await?.unwrap().state.resources["kong/portal/prod"].id.clone())
}

fn refusal(result: Result<impl std::fmt::Debug, Error>) -> KeyError {
    match result {
        Err(Error::Sealed { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_keys_a_state_is_stored_in_the_clear() {
    let world = World::new();
    write(&world.store(), "marked").await.unwrap();
    assert!(world.document("kong").contains("marked"));
}

#[tokio::test]
async fn with_a_passphrase_the_store_and_its_history_see_ciphertext_alone() {
    let world = World::new();
    let store = store(&world, passphrase("correct horse"));
    write(&store, "marked-1").await.unwrap();
    write(&store, "marked-2").await.unwrap();
    let history = store.history("kong").await.unwrap();
    let backup = std::fs::read_to_string(&history[0].location).unwrap();
    for document in [world.document("kong"), backup] {
        assert!(document.contains("BEGIN AGE ENCRYPTED FILE"), "{document}");
        assert!(!document.contains("portal") && !document.contains("marked"), "{document}");
    }
    assert_eq!(id(&store).await.unwrap(), "marked-2");
    let earlier = store.read_version("kong", &history[0].revision).await.unwrap();
    assert_eq!(earlier.resources["kong/portal/prod"].id, "marked-1");
    assert_eq!(id(&self::store(&world, passphrase("correct horse"))).await.unwrap(), "marked-2");
}

#[tokio::test]
async fn many_writes_and_scopes_take_one_state_key_which_another_run_goes_on_with() {
    let world = World::new();
    let key = |scope: &str| {
        let document: serde_json::Value = serde_json::from_str(&world.document(scope)).unwrap();
        document["key"].as_str().unwrap().to_owned()
    };
    let first = store(&world, passphrase("p"));
    write(&first, "1").await.unwrap();
    let one = key("kong");
    write(&first, "2").await.unwrap();
    let second = store(&world, passphrase("p"));
    write(&second, "3").await.unwrap();
    let other = second.lock("other", &LockOptions::new("apply")).await.unwrap();
    other.record(|state| drop(state.resources.insert("other/portal/a".into(), portal("1")))).await.unwrap();
    other.release().await.unwrap();
    assert_eq!((key("kong"), key("other")), (one.clone(), one));
}

#[tokio::test]
async fn each_of_several_recipients_opens_the_state_and_nobody_else() {
    let world = World::new();
    let (kim, robin, eve) = (Identity::generate(), Identity::generate(), Identity::generate());
    write(&store(&world, to(&[&kim, &robin], &[&kim])), "1").await.unwrap();
    assert_eq!(id(&store(&world, to(&[], &[&kim]))).await.unwrap(), "1");
    assert_eq!(id(&store(&world, to(&[], &[&eve, &robin]))).await.unwrap(), "1");
    assert_eq!(
        refusal(id(&store(&world, to(&[], &[&eve]))).await),
        KeyError::WrongKey { has_passphrase: false, tried: "identities" }
    );
}

#[tokio::test]
async fn a_passphrase_and_recipients_go_together() {
    let world = World::new();
    let kim = Identity::generate();
    let both = KeySources { passphrase: Some("p".into()), ..to(&[&kim], &[]) };
    write(&store(&world, both), "1").await.unwrap();
    assert_eq!(id(&store(&world, passphrase("p"))).await.unwrap(), "1");
    assert_eq!(id(&store(&world, to(&[], &[&kim]))).await.unwrap(), "1");
}

#[tokio::test]
async fn without_a_key_or_with_a_wrong_one_the_state_is_not_read_and_stays() {
    let world = World::new();
    write(&store(&world, passphrase("right")), "1").await.unwrap();
    let before = world.document("kong");
    assert_eq!(refusal(id(&world.store()).await), KeyError::NoKey);
    assert_eq!(refusal(lock(&world.store()).await), KeyError::NoKey);
    let wrong = store(&world, passphrase("wrong"));
    assert_eq!(refusal(id(&wrong).await), KeyError::WrongKey { has_passphrase: true, tried: "passphrase" });
    assert_eq!(refusal(lock(&wrong).await), KeyError::WrongKey { has_passphrase: true, tried: "passphrase" });
    assert_eq!(world.document("kong"), before);
    // The lock was given back each time.
    write(&store(&world, passphrase("right")), "2").await.unwrap();
}

#[tokio::test]
async fn an_encrypted_state_is_never_written_back_in_the_clear() {
    let world = World::new();
    let kim = Identity::generate();
    write(&store(&world, to(&[&kim], &[&kim])), "1").await.unwrap();
    let before = world.document("kong");

    let reader = store(&world, to(&[], &[&kim]));
    assert_eq!(id(&reader).await.unwrap(), "1");
    assert_eq!(refusal(lock(&reader).await), KeyError::NoRecipient);
    assert_eq!(refusal(reader.rewrite("kong", &LockOptions::new("rekey")).await), KeyError::NoRecipient);
    for store in [reader, world.store()] {
        let anything = |_: &Replaced| Ok::<_, Error>(());
        let pushed = store.replace(&State::new("kong"), &LockOptions::new("push"), anything).await;
        assert_eq!(refusal(pushed), KeyError::NoRecipient);
    }
    assert_eq!(world.document("kong"), before);
}

#[tokio::test]
async fn a_first_state_is_not_written_in_the_clear_beside_encrypted_ones() {
    let world = World::new();
    write(&store(&world, passphrase("p")), "1").await.unwrap();
    let options = LockOptions::new("apply");
    let forgotten = KeyError::EncryptedNeighbour { neighbour: "kong".to_owned() };
    assert_eq!(refusal(world.store().lock("other", &options).await), forgotten);
    let anything = |_: &Replaced| Ok::<_, Error>(());
    assert_eq!(refusal(world.store().replace(&State::new("other"), &options, anything).await), forgotten);
    assert_eq!(world.store().scopes().await.unwrap(), ["kong"]);
    store(&world, passphrase("p")).lock("other", &options).await.unwrap().release().await.unwrap();
}

#[tokio::test]
async fn nobody_locks_themselves_out() {
    let world = World::new();
    let (kim, robin) = (Identity::generate(), Identity::generate());
    for sources in [to(&[&robin], &[]), to(&[&robin], &[&kim])] {
        assert_eq!(refusal(lock(&store(&world, sources)).await), KeyError::NotReadableAgain);
    }
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn a_state_in_the_clear_is_read_and_the_next_write_encrypts_it() {
    let world = World::new();
    write(&world.store(), "clear").await.unwrap();
    let encrypting = store(&world, passphrase("p"));
    let read = encrypting.read("kong").await.unwrap().unwrap();
    assert!(!read.encrypted && world.document("kong").contains("clear"));
    write(&encrypting, "sealed").await.unwrap();
    assert!(!world.document("kong").contains("portal"));
    assert!(encrypting.read("kong").await.unwrap().unwrap().encrypted);
}

#[tokio::test]
async fn a_rewrite_encrypts_at_once_and_changes_nothing_but_the_serial() {
    let world = World::new();
    write(&world.store(), "1").await.unwrap();
    let before = world.store().read("kong").await.unwrap().unwrap().state;
    let encrypting = store(&world, passphrase("p"));
    let written = encrypting.rewrite("kong", &LockOptions::new("rekey")).await.unwrap().unwrap();
    assert_eq!((written.state.serial(), written.encrypted), (before.serial() + 1, true));
    assert_eq!((&written.state.resources, written.state.lineage()), (&before.resources, before.lineage()));
    assert_eq!(encrypting.read("kong").await.unwrap().unwrap().state, written.state);
    assert_eq!(encrypting.rewrite("nobody", &LockOptions::new("rekey")).await.unwrap(), None);
}

#[tokio::test]
async fn after_a_rotation_only_the_new_passphrase_opens_it() {
    let world = World::new();
    write(&store(&world, passphrase("old")), "1").await.unwrap();
    let rotating = store(&world, after("old", passphrase("new")));
    assert_eq!(id(&rotating).await.unwrap(), "1");
    rotating.keys().renew();
    rotating.rewrite("kong", &LockOptions::new("rekey")).await.unwrap();
    assert_eq!(id(&store(&world, passphrase("new"))).await.unwrap(), "1");
    assert_eq!(
        refusal(id(&store(&world, passphrase("old"))).await),
        KeyError::WrongKey { has_passphrase: true, tried: "passphrase" }
    );
}

#[tokio::test]
async fn an_encrypted_document_that_was_changed_anywhere_is_refused_as_damaged() {
    let world = World::new();
    let keyed = store(&world, passphrase("p"));
    write(&keyed, "1").await.unwrap();
    let whole = world.document("kong");
    let flipped = |place: usize| {
        let mut bytes = whole.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let payload = whole.rfind("-----END").unwrap() - 40;
    for changed in [
        whole.replace("\"serial\": 1", "\"serial\": 2"),
        whole.replace("\"lineage\": \"", "\"lineage\": \"x"),
        whole.replace("\"version\": 1", "\"version\": 0"),
        whole.replace("\"version\": 1", "\"version\": 2"),
        whole.replace("\"state\"", "\"status\""),
        whole[..whole.len() / 2].to_owned(),
        flipped(payload),
    ] {
        world.put_document("kong", &changed);
        let error = store(&world, passphrase("p")).read("kong").await.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}\n{changed}");
    }
    world.put_document("kong", &flipped(payload));
    let error = keyed.read("kong").await.unwrap_err();
    assert!(error.to_string().contains("its encrypted part was cut short or changed"), "{error}");
}

#[test]
fn a_text_that_is_no_key_is_refused_and_never_repeated() {
    let secret = "AGE-SECRET-KEY-1HUSH";
    let recipients = KeySources { recipients: vec![secret.into()], ..KeySources::default() };
    let identities = |text: &str| KeySources { identities: vec![text.into()], ..KeySources::default() };
    for (sources, expected) in [
        (recipients, InvalidKey::Recipient { number: 1 }),
        (identities(&format!("# mine\n{secret}\n")), InvalidKey::Identity { line: 2 }),
        (identities("# nothing but this\n"), InvalidKey::NoIdentity),
    ] {
        let error = Keys::new(sources).unwrap_err();
        assert_eq!(error, expected);
        assert!(!error.to_string().contains("HUSH"), "{error}");
    }
}

#[test]
fn keys_show_nothing_that_opens_a_state() {
    let kim = Identity::generate();
    let keys = Keys::new(KeySources { passphrase: Some("hush".into()), ..to(&[&kim], &[&kim]) }).unwrap();
    let shown = format!("{keys:?} {keys:#?}");
    assert!(!shown.contains("hush") && !shown.contains("AGE-SECRET-KEY"), "{shown}");
}

/// A person who has only the age program can open the key, and with it the state.
#[tokio::test]
async fn both_parts_are_age_files_that_open_without_koctl() {
    let world = World::new();
    write(&store(&world, passphrase("p")), "marked").await.unwrap();
    let document: serde_json::Value = serde_json::from_str(&world.document("kong")).unwrap();
    let part = |name: &str| document[name].as_str().unwrap().to_owned();
    let open = |file: &str, key: &dyn age::Identity| {
        let decryptor = age::Decryptor::new_buffered(age::armor::ArmoredReader::new(file.as_bytes())).unwrap();
        let mut text = String::new();
        decryptor.decrypt(std::iter::once(key)).unwrap().read_to_string(&mut text).unwrap();
        SecretString::from(text)
    };
    let key = open(&part("key"), &age::scrypt::Identity::new("p".into()));
    let identity: Identity = key.expose_secret().trim().parse().unwrap();
    let clear = open(&part("state"), &identity);
    assert_eq!(State::from_bytes(clear.expose_secret().as_bytes()).unwrap().resources["kong/portal/prod"].id, "marked");
}

#[test]
fn a_passphrase_that_would_take_all_memory_is_refused() {
    let keys = Keys::new(passphrase("p")).unwrap();
    let sealed = serde_json::json!({
        "format": "koctl-encrypted-state", "version": 1, "lineage": "l", "serial": 1,
        "key": costly_header(), "state": "",
    });
    let refused = keys.open(sealed.to_string().as_bytes()).unwrap_err();
    assert_eq!(refused, Unreadable::Damaged(Damage::Ciphertext));
}

/// The header of an age file that asks for 2^62 rounds.
fn costly_header() -> String {
    let salt = "A".repeat(22);
    let body = "A".repeat(43);
    let mac = "A".repeat(43);
    format!("age-encryption.org/v1\n-> scrypt {salt} 62\n{body}\n--- {mac}\n0123456789abcdef")
}
