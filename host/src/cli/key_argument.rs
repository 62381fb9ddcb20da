//! Which key is meant: by its id, by the whole key, or by its name.

use anyhow::{anyhow, bail};

use crate::ids::KeyId;
use crate::store::{ApiKey, Key, Keys, StoreError};

/// The key that an operator means. A name has to be that of one key; revoked keys count only if
/// no other key has the name. A whole key is never repeated in an error.
pub(super) async fn find(keys: &dyn Keys, text: &str) -> anyhow::Result<Key> {
    if text.starts_with("adit_") {
        let id = ApiKey::parse(text)?.id().clone();
        let found = keys.list().await?.into_iter().find(|key| key.id == id);
        return found.ok_or_else(|| StoreError::UnknownKey(id).into());
    }
    let all = keys.list().await?;
    if let Ok(id) = KeyId::parse(text)
        && let Some(key) = all.iter().find(|key| key.id == id)
    {
        return Ok(key.clone());
    }
    let (active, revoked): (Vec<Key>, Vec<Key>) =
        all.into_iter().filter(|key| key.name.as_str() == text).partition(|key| key.revoked.is_none());
    let mut named = if active.is_empty() { revoked } else { active };
    if named.len() > 1 {
        let ids: Vec<_> = named.iter().map(|key| key.id.as_str()).collect();
        bail!("`{text}` is the name of {} keys: say which by its id: {}", named.len(), ids.join(", "));
    }
    named.pop().ok_or_else(|| anyhow!("there is no key with the id or name `{text}`"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use jiff::Timestamp;
    use tempfile::TempDir;

    use super::*;
    use crate::store::{KeyName, NewKey, Sqlite};

    async fn create(keys: &Sqlite, name: &str) -> (ApiKey, Key) {
        keys.create(NewKey::named(KeyName::parse(name).unwrap())).await.unwrap()
    }

    #[tokio::test]
    async fn finds_a_key_by_its_id_the_whole_key_or_its_name() {
        let folder = TempDir::new().unwrap();
        let keys = Sqlite::open(folder.path()).unwrap();
        // A name may have the form of an id.
        let (api_key, key) = create(&keys, "production").await;
        for text in [key.id.as_str(), api_key.expose(), "production"] {
            assert_eq!(find(&keys, text).await.unwrap(), key);
        }
    }

    #[tokio::test]
    async fn takes_a_name_only_if_one_key_is_meant() {
        let folder = TempDir::new().unwrap();
        let keys = Sqlite::open(folder.path()).unwrap();
        let ((_, first), (_, second)) = (create(&keys, "laptop").await, create(&keys, "laptop").await);
        let error = find(&keys, "laptop").await.unwrap_err().to_string();
        assert!(error.contains(first.id.as_str()) && error.contains(second.id.as_str()), "{error}");

        keys.revoke(&first.id, Timestamp::now()).await.unwrap();
        assert_eq!(find(&keys, "laptop").await.unwrap(), second);
        keys.revoke(&second.id, Timestamp::now()).await.unwrap();
        assert!(find(&keys, "laptop").await.is_err());
    }

    #[tokio::test]
    async fn repeats_no_secret() {
        let folder = TempDir::new().unwrap();
        let keys = Sqlite::open(folder.path()).unwrap();
        let elsewhere = ApiKey::generate().unwrap();
        let error = find(&keys, elsewhere.expose()).await.unwrap_err().to_string();
        assert_eq!(error, format!("there is no key `{}`", elsewhere.id()));
        let mistyped = elsewhere.expose().to_uppercase().replace("ADIT_", "adit_");
        let error = find(&keys, &mistyped).await.unwrap_err().to_string();
        assert!(error.starts_with("not an Adit key"), "{error}");
    }
}
