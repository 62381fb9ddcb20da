#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::super::{KeyName, Label, NewKey, OnLoss, Policy, Position, Releases as _, Verification};
use super::*;
use crate::enabled::{Digest, EnabledPlugin, Percent, Release, Rollout, Version};
use crate::health::{Counts, Entry, Ledger};
use crate::ids::PluginName;
use crate::pipeline::{self, Space, Tenant, Thoughts};

fn name(text: &str) -> KeyName {
    KeyName::parse(text).unwrap()
}

fn labelled(label: &str, value: &str) -> NewKey {
    NewKey { labels: vec![Label::parse(label, value).unwrap()], ..NewKey::named(name("laptop")) }
}

fn plugin(text: &str) -> EnabledPlugin {
    EnabledPlugin::new(PluginName::parse(text).unwrap(), format!("{{\"of\":\"{text}\"}}"))
}

async fn plugins_of(store: &Sqlite, id: &KeyId) -> Vec<String> {
    let found = store.find(id).await.unwrap().unwrap();
    found.terms.plugins.iter().map(|enabled| enabled.name.to_string()).collect()
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// The one line with which a folder that holds `bytes` as `adit.db` is refused, once it is known
/// that they are still there.
fn refusal(bytes: &[u8]) -> (StoreError, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("adit.db");
    fs::write(&path, bytes).unwrap();
    let error = Sqlite::open(folder.path()).err().unwrap();
    assert!(fs::read(&path).unwrap() == bytes, "the file was changed");
    let line = error.to_string().replace(path.to_str().unwrap(), "adit.db");
    assert!(!line.contains('\n'), "{line}");
    (error, line)
}

#[tokio::test]
async fn finds_what_was_created() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let labels = vec![Label::parse("team", "search").unwrap(), Label::parse("cost", "7").unwrap()];
    let (api_key, key) = store.create(NewKey { labels, ..NewKey::named(name("laptop")) }).await.unwrap();

    let found = store.find(&key.id).await.unwrap().unwrap();
    assert_eq!(found.key, key);
    assert_eq!(found.verify(&api_key, Timestamp::now()), Verification::Verified);
    assert_eq!(store.list().await.unwrap(), [key]);
    assert!(store.find(&KeyId::parse("0000000000").unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn keeps_all_over_a_restart() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let (api_key, key) = store.create(labelled("team", "search")).await.unwrap();
    store.enable_plugin(&key.id, plugin("redact"), Position::Last).await.unwrap();
    store.enable_plugin(&key.id, plugin("route"), Position::Before(plugin("redact").name)).await.unwrap();
    let (listed, seed_root) = (store.list().await.unwrap(), *store.seed_root().expose());
    drop(store);

    let store = Sqlite::open(folder.path()).unwrap();
    assert_eq!(store.list().await.unwrap(), listed);
    assert_eq!(listed[0].plugins, [plugin("route"), plugin("redact")]);
    assert_eq!(*store.seed_root().expose(), seed_root);
    assert_eq!(
        store.find(&key.id).await.unwrap().unwrap().verify(&api_key, Timestamp::now()),
        Verification::Verified
    );
}

#[tokio::test]
async fn writes_the_secret_nowhere() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let (api_key, key) = store.create(NewKey::named(name("laptop"))).await.unwrap();
    let secret = api_key.expose().rsplit('_').next().unwrap().to_owned();
    let written = |store: Option<Sqlite>| {
        drop(store);
        let holds = |text: &str| {
            let text = text.as_bytes();
            files(folder.path()).iter().any(|file| file.windows(text.len()).any(|window| window == text))
        };
        assert!(holds(key.id.as_str()), "the search finds nothing at all");
        assert!(!holds(&secret[..20]) && !holds(&secret[20..43]));
    };
    // Once in the write-ahead log, once in the file.
    written(None);
    written(Some(store));
}

#[tokio::test]
async fn sees_a_change_of_another_process_at_the_next_find() {
    let folder = TempDir::new().unwrap();
    let (serving, operator) = (Sqlite::open(folder.path()).unwrap(), Sqlite::open(folder.path()).unwrap());
    let (api_key, key) = serving.create(NewKey::named(name("laptop"))).await.unwrap();

    for (enabled, expected) in [("redact", vec!["redact"]), ("route", vec!["redact", "route"])] {
        operator.enable_plugin(&key.id, plugin(enabled), Position::Last).await.unwrap();
        assert_eq!(plugins_of(&serving, &key.id).await, expected);
    }
    operator.disable_plugin(&key.id, &plugin("redact").name).await.unwrap();
    assert_eq!(plugins_of(&serving, &key.id).await, ["route"]);
    operator.revoke(&key.id, Timestamp::now()).await.unwrap();
    assert_eq!(
        serving.find(&key.id).await.unwrap().unwrap().verify(&api_key, Timestamp::now()),
        Verification::Revoked
    );
}

#[tokio::test]
async fn sees_its_own_changes_and_reads_a_key_once_between_them() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let (_, key) = store.create(NewKey::named(name("laptop"))).await.unwrap();
    let first = store.find(&key.id).await.unwrap().unwrap();
    let second = store.find(&key.id).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &second));

    store.enable_plugin(&key.id, plugin("redact"), Position::Last).await.unwrap();
    assert_eq!(plugins_of(&store, &key.id).await, ["redact"]);
}

/// A release that runs for every key, until it has failed twice.
fn rollout(plugin: &str) -> Rollout {
    let release = Release { version: Version::parse("2.0.0").unwrap(), digest: Digest::of(b"2") };
    let plugin = PluginName::parse(plugin).unwrap();
    Rollout { plugin, release, percent: Percent::ALL, step_back_after: 2, failures: 0, stepped_back: None }
}

#[tokio::test]
async fn reads_a_key_again_after_a_change_of_keys_and_after_no_other() {
    let folder = TempDir::new().unwrap();
    let (store, other) = (Sqlite::open(folder.path()).unwrap(), Sqlite::open(folder.path()).unwrap());
    let (_, key) = store.create(NewKey::named(name("laptop"))).await.unwrap();
    store.enable_plugin(&key.id, plugin("route"), Position::Last).await.unwrap();
    let rollout = rollout("route");
    let counted = async |traps| {
        let (plugin, release) = (rollout.plugin.clone(), Some(rollout.release.clone()));
        let entry = Entry { plugin, release, counts: Counts { traps, ..Counts::default() } };
        Ledger::write(&other, "process", vec![entry]).await.unwrap();
    };
    let changes = async |change: &str| match change {
        "counts" => counted(1).await,
        "values" => {
            let space = Space { plugin: rollout.plugin.clone(), tenant: Tenant::Key(key.id.clone()) };
            pipeline::Values::set(&other, &space, "k", Vec::new(), None).await.unwrap();
        }
        "thoughts" => other.keep(&key.id, "t", Vec::new()).await.unwrap(),
        "newest release" => {
            other.note_release(&rollout.plugin, rollout.release.version).await.unwrap();
        }
        "rollout" => other.start_rollout(rollout.clone()).await.unwrap(),
        "failure" => counted(2).await,
        "step back" => counted(3).await,
        "end of rollout" => other.stop_rollout(&rollout.plugin).await.unwrap(),
        "policy" => other.set_policy(&key.id, Policy::default()).await.unwrap(),
        "plugin" => other.enable_plugin(&key.id, plugin("redact"), Position::Last).await.unwrap(),
        "no plugin" => other.disable_plugin(&key.id, &plugin("redact").name).await.unwrap(),
        "label" => {
            let sql = "INSERT INTO label (key_id, name, value) VALUES (?1, 'team', 'search')";
            let id = key.id.clone();
            other.write(move |it| Ok(it.execute(sql, [id.as_str()]).map(drop)?)).await.unwrap();
        }
        _ => other.revoke(&key.id, Timestamp::UNIX_EPOCH).await.unwrap(),
    };
    for (change, is_of_keys) in [
        ("counts", false),
        ("values", false),
        ("thoughts", false),
        ("newest release", false),
        ("rollout", true),
        ("failure", false),
        ("step back", true),
        ("end of rollout", true),
        ("policy", true),
        ("label", true),
        ("plugin", true),
        ("no plugin", true),
        ("revocation", true),
    ] {
        let before = store.find(&key.id).await.unwrap().unwrap();
        changes(change).await;
        let after = store.find(&key.id).await.unwrap().unwrap();
        assert_eq!(!Arc::ptr_eq(&before, &after), is_of_keys, "{change}");
    }
}

#[tokio::test]
async fn keeps_the_time_of_the_first_revocation() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let (_, key) = store.create(NewKey::named(name("laptop"))).await.unwrap();
    store.revoke(&key.id, Timestamp::from_second(1).unwrap()).await.unwrap();
    store.revoke(&key.id, Timestamp::from_second(2).unwrap()).await.unwrap();
    assert_eq!(store.list().await.unwrap()[0].revoked, Some(Timestamp::from_second(1).unwrap()));
}

#[tokio::test]
async fn says_what_is_not_there() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let (_, key) = store.create(NewKey::named(name("laptop"))).await.unwrap();
    let unknown = KeyId::parse("0000000000").unwrap();

    let error = store.revoke(&unknown, Timestamp::now()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no key `0000000000`");
    let error = store.enable_plugin(&unknown, plugin("redact"), Position::Last).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no key `0000000000`");
    let before = Position::Before(plugin("route").name);
    let error = store.enable_plugin(&key.id, plugin("redact"), before).await.unwrap_err();
    assert_eq!(error.to_string(), format!("plugin `route` is not enabled for key `{}`", key.id));
    let error = store.disable_plugin(&key.id, &plugin("route").name).await.unwrap_err();
    assert_eq!(error.to_string(), format!("plugin `route` is not enabled for key `{}`", key.id));

    let twice = ["a", "b"].map(|value| Label::parse("team", value).unwrap()).to_vec();
    let error = store.create(NewKey { labels: twice, ..NewKey::named(name("phone")) }).await.unwrap_err();
    assert_eq!(error.to_string(), "label `team` is given twice");
    assert_eq!(plugins_of(&store, &key.id).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn finds_while_another_process_writes() {
    let folder = TempDir::new().unwrap();
    let (serving, operator) =
        (Arc::new(Sqlite::open(folder.path()).unwrap()), Sqlite::open(folder.path()).unwrap());
    let (_, key) = operator.create(NewKey::named(name("laptop"))).await.unwrap();

    let finders = [0; 3].map(|_| {
        let (serving, id) = (Arc::clone(&serving), key.id.clone());
        tokio::spawn(async move {
            for _ in 0..500 {
                // Both plugins come and go in one transaction each, so one alone is never first.
                let plugins = plugins_of(&serving, &id).await;
                assert!(plugins.is_empty() || plugins[0] == "redact", "{plugins:?}");
                tokio::task::yield_now().await;
            }
        })
    });
    for _ in 0..20 {
        operator.enable_plugin(&key.id, plugin("redact"), Position::Last).await.unwrap();
        operator.enable_plugin(&key.id, plugin("route"), Position::Last).await.unwrap();
        operator.disable_plugin(&key.id, &plugin("route").name).await.unwrap();
        operator.disable_plugin(&key.id, &plugin("redact").name).await.unwrap();
    }
    for finder in finders {
        finder.await.unwrap();
    }
    assert_eq!(plugins_of(&serving, &key.id).await, [""; 0]);
}

#[test]
fn opens_a_new_folder_from_many_places_at_once() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("new");
    let openers = [0; 8].map(|_| {
        let data = data.clone();
        std::thread::spawn(move || *Sqlite::open(&data).unwrap().seed_root().expose())
    });
    let seeds = openers.map(|opener| opener.join().unwrap());
    assert_eq!(seeds, [seeds[0]; 8]);
}

#[tokio::test]
async fn lets_no_other_user_read_its_files() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("new");
    let store = Sqlite::open(&data).unwrap();
    store.create(NewKey::named(name("laptop"))).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let modes: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| mode(&entry.unwrap().path())).collect();
    assert_eq!(modes, [0o600; 3]);
}

#[tokio::test]
async fn brings_a_store_of_the_first_version_up_to_date() {
    let folder = TempDir::new().unwrap();
    let first = Connection::open(folder.path().join("adit.db")).unwrap();
    first.execute_batch(include_str!("migrations/1.sql")).unwrap();
    first
        .execute_batch(
            "INSERT INTO key VALUES ('aaaaaaaaaa', 'old', zeroblob(32), 0, NULL);
             INSERT INTO seed_root VALUES (1, zeroblob(32));
             PRAGMA user_version = 1; PRAGMA application_id = 1633970548;",
        )
        .unwrap();
    drop(first);
    let store = Sqlite::open(folder.path()).unwrap();
    let keys = store.list().await.unwrap();
    assert_eq!(keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["old"]);
    assert_eq!(keys.first().unwrap().policy, Policy::default());
    assert_eq!(store.seed_root().expose(), &[0; 32]);
}

#[tokio::test]
async fn serves_a_key_on_the_terms_that_were_set() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let (_, key) = store.create(NewKey::named(name("a"))).await.unwrap();
    let policy = Policy { losses: Some(OnLoss::Refuse), ..Policy::default() };
    store.set_policy(&key.id, policy.clone()).await.unwrap();
    assert_eq!(store.find(&key.id).await.unwrap().unwrap().key.policy, policy);
    let nobody = KeyId::parse("zzzzzzzzzz").unwrap();
    assert!(matches!(store.set_policy(&nobody, policy).await, Err(StoreError::UnknownKey(_))));
}

#[test]
fn refuses_a_file_that_is_no_database_and_leaves_it() {
    for bytes in [&b"hello"[..], &[7; 5000], b"SQLite format 2\0 and so on"] {
        let (error, line) = refusal(bytes);
        assert!(matches!(error, StoreError::NotADatabase { .. }), "{error:?}");
        assert_eq!(
            line,
            "cannot open `adit.db`: it is not a database of Adit: move it away, restore it from a backup, \
             or choose another data folder"
        );
    }
}

#[test]
fn refuses_a_database_of_another_program_and_leaves_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE note (text TEXT)").unwrap();
    let (error, _) = refusal(&fs::read(&path).unwrap());
    assert!(matches!(error, StoreError::NotADatabase { .. }), "{error:?}");
}

#[test]
fn refuses_a_newer_database_and_leaves_it() {
    let folder = TempDir::new().unwrap();
    drop(Sqlite::open(folder.path()).unwrap());
    let path = folder.path().join("adit.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let (error, line) = refusal(&fs::read(&path).unwrap());
    assert!(matches!(error, StoreError::NewerVersion { found: 99, .. }), "{error:?}");
    assert_eq!(
        line,
        "cannot open `adit.db`: it has version 99, this Adit knows up to 5: run the newer Adit, \
         or choose another data folder"
    );
}

#[test]
fn refuses_a_damaged_database_and_leaves_it() {
    let folder = TempDir::new().unwrap();
    drop(Sqlite::open(folder.path()).unwrap());
    let mut bytes = fs::read(folder.path().join("adit.db")).unwrap();
    bytes[100..].fill(0xff);
    let (error, _) = refusal(&bytes);
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[test]
fn names_the_folder_that_it_cannot_make() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Sqlite::open(&file).err().unwrap();
    assert_eq!(error.to_string(), format!("cannot open `{}`: not a directory", file.display()));
}
