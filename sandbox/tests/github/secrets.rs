//! Actions secrets: sealed boxes that only the repository's key opens.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dryoc::dryocbox::{DryocBox, PublicKey};
use sandbox::github::secret;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{World, names, text};

const SECRETS: &str = "/repos/Org/repo/actions/secrets";

/// A client's request: `value` sealed for the repository.
async fn sealed(world: &World, value: &str) -> Value {
    let key = world.get(&format!("{SECRETS}/public-key")).await.expect(200);
    let bytes: [u8; 32] = STANDARD.decode(text(&key["key"])).unwrap().try_into().unwrap();
    let sealed = DryocBox::seal_to_vecbox(value.as_bytes(), &PublicKey::from(bytes)).unwrap().to_vec();
    json!({ "encrypted_value": STANDARD.encode(sealed), "key_id": key["key_id"] })
}

fn opened(world: &World, name: &str) -> Option<String> {
    secret(world.root(), "Org", "repo", name).unwrap().map(|value| value.expose_secret().to_owned())
}

#[tokio::test]
async fn a_repository_without_secrets_lists_none_and_keeps_its_key() {
    let world = World::with(&[("a", "1")]).await;
    assert_eq!(world.get(SECRETS).await.expect(200), json!({"total_count": 0, "secrets": []}));
    let key = world.get(&format!("{SECRETS}/public-key")).await.expect(200);
    let world = world.restart().await;
    assert_eq!(world.get(&format!("{SECRETS}/public-key")).await.expect(200), key);
    assert_eq!(opened(&world, "TOKEN"), None);
}

#[tokio::test]
async fn a_secret_is_made_replaced_and_deleted_and_its_value_is_in_no_answer_and_no_file() {
    let world = World::with(&[("a", "1")]).await;
    let path = format!("{SECRETS}/Token");
    assert_eq!(world.put(&path, sealed(&world, "tell-nobody").await).await.expect(201), json!({}));
    assert_eq!(opened(&world, "TOKEN").as_deref(), Some("tell-nobody"));
    assert_eq!(world.put(&path, sealed(&world, "tell-no-one").await).await.expect(204), Value::Null);
    assert_eq!(opened(&world, "token").as_deref(), Some("tell-no-one"));
    let list = world.get(SECRETS).await.expect(200);
    assert_eq!((&list["total_count"], names(&list["secrets"], "name")), (&json!(1), vec!["TOKEN".to_owned()]));
    let one = world.get(&path).await.expect(200);
    assert_eq!(one, list["secrets"][0]);
    assert_eq!(one.as_object().unwrap().keys().collect::<Vec<_>>(), ["created_at", "name", "updated_at"]);
    let kept = std::fs::read_to_string(world.root().join("Org/repo.json")).unwrap();
    assert!(!kept.contains("tell-no"), "{kept}");
    world.delete(&path).await.expect(204);
    assert_eq!(world.get(&path).await.refusal(404), "Not Found");
    assert_eq!(world.delete(&path).await.refusal(404), "Not Found");
}

#[tokio::test]
async fn what_is_sealed_for_another_key_or_named_wrongly_is_refused_and_not_kept() {
    let world = World::with(&[("a", "1")]).await;
    let good = sealed(&world, "value").await;
    let mut forged = good.clone();
    forged["encrypted_value"] = STANDARD.encode([7; 60]).into();
    let error = world.put(&format!("{SECRETS}/TOKEN"), forged).await.invalid();
    assert_eq!(error["field"], "encrypted_value");
    let mut other = good.clone();
    other["key_id"] = "1".into();
    assert_eq!(world.put(&format!("{SECRETS}/TOKEN"), other).await.invalid()["field"], "key_id");
    for name in ["GITHUB_TOKEN", "1TOKEN", "MY-TOKEN"] {
        let refusal = world.put(&format!("{SECRETS}/{name}"), good.clone()).await.refusal(422);
        assert!(refusal.starts_with("Secret names"), "{refusal}");
    }
    assert_eq!(world.get(SECRETS).await.expect(200)["total_count"], 0);
}

#[tokio::test]
async fn secrets_are_for_those_who_are_signed_in() {
    let world = World::with(&[("a", "1")]).await;
    for path in [SECRETS.to_owned(), format!("{SECRETS}/public-key"), format!("{SECRETS}/TOKEN")] {
        let answer = crate::world::send(world.anonymous(reqwest::Method::GET, &path)).await;
        assert_eq!(answer.refusal(401), "Requires authentication", "{path}");
    }
}
