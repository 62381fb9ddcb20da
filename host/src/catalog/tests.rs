#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::objects::{Created, Folder, Objects};
use super::*;
use crate::config::PublicKey;
use crate::enabled::{Capability, Digest, Release, Version};
use crate::ids::PluginName;

/// A catalog in a folder, a publisher, and a host that trusts it.
struct Fixture {
    folder: TempDir,
    key: SigningKey,
}

fn name() -> PluginName {
    PluginName::parse("guard").unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn engine(patch: &str) -> Digest {
    Digest::of(patch.as_bytes())
}

/// What is published: the catalog does not look into components.
fn publication(version: &str) -> Publication {
    let manifest_text = format!("name = 'guard'\nversion = '{version}'");
    let wasm = format!("component {version}").into_bytes();
    let artifact = |target: Target| Artifact {
        target,
        compatibility: engine("48.0.8"),
        code: format!("code {version} {target}").into_bytes(),
    };
    Publication {
        package: Package {
            manifest: Manifest::parse(&manifest_text).unwrap(),
            manifest_text,
            schema: Some(b"{}".to_vec()),
            wasm,
        },
        contract: Version::parse("0.1.1").unwrap(),
        hooks: vec!["text".to_owned()],
        imports: vec![Capability::Kv],
        artifacts: Target::ALL.map(artifact).to_vec(),
    }
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::create(&folder.path().join("key")).unwrap();
        Self { folder, key }
    }

    fn objects(&self) -> Box<dyn Objects> {
        Box::new(Folder::new(self.path("")))
    }

    /// A file of the catalog.
    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("catalog").join(path)
    }

    fn release_path(&self, version: &str) -> PathBuf {
        self.path(&format!("releases/guard/{version}.json"))
    }

    async fn publish(&self, version: &str) -> Result<Release, PublishError> {
        self.publish_into(self.objects(), version).await
    }

    async fn publish_into(&self, objects: Box<dyn Objects>, version: &str) -> Result<Release, PublishError> {
        Publisher::of(objects).publish(publication(version), &self.key, Timestamp::now()).await
    }

    /// A host whose cache has this name.
    fn host(&self, cache: &str, trusted: &[PublicKey]) -> Catalog {
        Catalog::of(self.objects(), trusted.to_vec(), &self.folder.path().join(cache))
    }

    fn trusting_host(&self) -> Catalog {
        self.host("cache", &[self.key.public()])
    }

    /// A host that has everything in its cache, and no catalog any more.
    fn cut_off_host(&self, trusted: &[PublicKey]) -> Catalog {
        let objects = Box::new(Failing { inner: self.objects(), left: AtomicUsize::new(0) });
        Catalog::of(objects, trusted.to_vec(), &self.folder.path().join("cache"))
    }
}

/// Objects of which so many requests succeed.
struct Failing {
    inner: Box<dyn Objects>,
    left: AtomicUsize,
}

impl Failing {
    fn take(&self) -> Result<(), CatalogError> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let (action, object, reason) = ("reach", "s3://plugins/".to_owned(), "connection refused".to_owned());
        left.map(drop).map_err(|_| CatalogError::Unavailable { action, object, reason })
    }
}

#[async_trait]
impl Objects for Failing {
    async fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, CatalogError> {
        self.take()?;
        self.inner.read(path, most).await
    }

    async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<Created, CatalogError> {
        self.take()?;
        self.inner.create(path, bytes).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, CatalogError> {
        self.take()?;
        self.inner.list(folder).await
    }
}

fn refusal<T>(answer: Result<T, CatalogError>) -> Refusal {
    match answer {
        Err(CatalogError::Refused { refusal, .. }) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    }
}

/// Changes a member of a signed statement's file.
fn edit(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut json = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut json);
    fs::write(file, json.to_string()).unwrap();
}

#[tokio::test]
async fn what_was_published_is_what_a_host_gets() {
    let fixture = Fixture::new();
    let published = fixture.publish("1.10.0").await.unwrap();
    fixture.publish("1.9.0").await.unwrap();
    let host = fixture.trusting_host();

    let listed = host.list(None).await.unwrap();
    let versions: Vec<_> = listed.iter().map(|listed| listed.version.to_string()).collect();
    assert_eq!(versions, ["1.9.0", "1.10.0"]);

    let latest = host.resolve(&name(), Wanted::Latest).await.unwrap();
    assert_eq!(latest.release, published);
    assert_eq!((latest.statement.hooks, latest.statement.imports), (vec!["text".into()], vec!["kv".into()]));
    let statement = host.pinned(&name(), &published).await.unwrap();
    assert_eq!(host.content(&statement.wasm).await.unwrap(), b"component 1.10.0");
    let artifact =
        host.artifact(&statement.wasm.digest, Target::Aarch64Linux, &engine("48.0.8")).await.unwrap();
    assert_eq!(fs::read(artifact.path()).unwrap(), b"code 1.10.0 aarch64-unknown-linux-gnu");

    let other = PluginName::parse("other").unwrap();
    assert!(matches!(host.resolve(&other, Wanted::Latest).await, Err(CatalogError::NoRelease(..))));
    let missing = host.resolve(&name(), Wanted::Exactly(version("2.0.0"))).await;
    assert!(matches!(missing, Err(CatalogError::Missing(_))));
}

#[tokio::test]
async fn a_version_is_published_once() {
    let fixture = Fixture::new();
    fixture.publish("1.0.0").await.unwrap();
    let before = fs::read(fixture.release_path("1.0.0")).unwrap();
    assert!(matches!(fixture.publish("1.0.0").await, Err(PublishError::Taken(..))));
    let publisher = Publisher::of(fixture.objects());
    assert!(matches!(publisher.check_free(&name(), version("1.0.0")).await, Err(PublishError::Taken(..))));
    assert_eq!(fs::read(fixture.release_path("1.0.0")).unwrap(), before);
}

#[tokio::test]
async fn one_of_many_publishers_at_once_wins() {
    let fixture = Fixture::new();
    let tries = futures::future::join_all((0..8).map(|_| fixture.publish("1.0.0"))).await;
    let won: Vec<_> = tries.into_iter().filter_map(Result::ok).collect();
    let there = fixture.trusting_host().resolve(&name(), Wanted::Latest).await.unwrap().release;
    // Who signs in the same nanosecond signs the same statement, and both have published it.
    assert!(!won.is_empty() && won.iter().all(|release| *release == there), "{won:?}");
}

#[tokio::test]
async fn an_upload_that_ends_anywhere_before_its_end_is_not_there() {
    let fixture = Fixture::new();
    let host = fixture.trusting_host();
    for requests in 0.. {
        let objects = Box::new(Failing { inner: fixture.objects(), left: AtomicUsize::new(requests) });
        if fixture.publish_into(objects, "1.0.0").await.is_ok() {
            assert!(requests > 7, "{requests} requests were enough");
            break;
        }
        assert_eq!(host.list(None).await.unwrap(), [], "after {requests} requests");
    }
    host.resolve(&name(), Wanted::Latest).await.unwrap();
}

#[tokio::test]
async fn nothing_is_taken_that_no_trusted_key_has_signed() {
    let fixture = Fixture::new();
    let release = fixture.publish("1.0.0").await.unwrap();
    let stranger = SigningKey::create(&fixture.folder.path().join("stranger")).unwrap().public();

    assert!(matches!(refusal(fixture.host("a", &[]).pinned(&name(), &release).await), Refusal::Untrusted(_)));
    let host = fixture.host("b", std::slice::from_ref(&stranger));
    assert_eq!(refusal(host.pinned(&name(), &release).await), Refusal::Untrusted(fixture.key.public()));

    let host = fixture.host("c", &[fixture.key.public(), stranger.clone()]);
    let file = fixture.release_path("1.0.0");
    let signed = fs::read(&file).unwrap();
    for (member, value, expected) in [
        ("signature", Value::Null, Refusal::Unsigned),
        ("key", Value::Null, Refusal::Unsigned),
        ("signature", "AAAA".into(), Refusal::Changed),
    ] {
        edit(&file, |json| json[member] = value);
        assert_eq!(refusal(host.pinned(&name(), &release).await), expected);
        fs::write(&file, &signed).unwrap();
    }
    edit(&file, |json| json["key"] = stranger.to_string().into());
    assert_eq!(refusal(host.pinned(&name(), &release).await), Refusal::Changed);
    fs::write(&file, &signed).unwrap();
    host.pinned(&name(), &release).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_was_edited_is_refused_whoever_asks() {
    let fixture = Fixture::new();
    let release = fixture.publish("1.0.0").await.unwrap();
    let host = fixture.trusting_host();
    edit(&fixture.release_path("1.0.0"), |json| {
        json["statement"] = json["statement"].as_str().unwrap().replace("\"kv\"", "").into();
    });
    assert!(matches!(refusal(host.pinned(&name(), &release).await), Refusal::Digest { .. }));
    assert_eq!(refusal(host.resolve(&name(), Wanted::Latest).await), Refusal::Changed);
}

#[tokio::test]
async fn an_old_release_does_not_pass_for_a_new_one() {
    let fixture = Fixture::new();
    let (old, new) = (fixture.publish("1.0.0").await.unwrap(), fixture.publish("1.1.0").await.unwrap());
    fs::copy(fixture.release_path("1.0.0"), fixture.release_path("1.1.0")).unwrap();
    let host = fixture.trusting_host();
    assert!(matches!(refusal(host.pinned(&name(), &new).await), Refusal::Digest { .. }));
    let expected = Refusal::OtherRelease(name(), old.version);
    assert_eq!(refusal(host.resolve(&name(), Wanted::Latest).await), expected);

    // Pinned under another version, or another name, it is refused although the digest is right.
    let pinned = Release { version: new.version, digest: old.digest.clone() };
    assert_eq!(refusal(host.pinned(&name(), &pinned).await), expected);
    let other = PluginName::parse("other").unwrap();
    fs::create_dir_all(fixture.path("releases/other")).unwrap();
    fs::copy(fixture.release_path("1.0.0"), fixture.path("releases/other/1.0.0.json")).unwrap();
    assert_eq!(refusal(host.pinned(&other, &old).await), expected);
}

#[tokio::test]
async fn edited_content_is_refused_in_the_catalog_and_in_the_cache() {
    let fixture = Fixture::new();
    let release = fixture.publish("1.0.0").await.unwrap();
    let host = fixture.trusting_host();
    let wasm = host.pinned(&name(), &release).await.unwrap().wasm;
    let object = format!("objects/sha256/{}", wasm.digest);
    let original = fs::read(fixture.path(&object)).unwrap();

    fs::write(fixture.path(&object), b"component 6.6.6").unwrap();
    assert!(matches!(refusal(host.content(&wasm).await), Refusal::Digest { .. }));
    fs::write(fixture.path(&object), [&original[..], b" and more"].concat()).unwrap();
    assert_eq!(refusal(host.content(&wasm).await), Refusal::TooLarge(wasm.bytes));
    fs::write(fixture.path(&object), &original).unwrap();
    assert_eq!(host.content(&wasm).await.unwrap(), original);

    let cached = fixture.folder.path().join("cache").join(&object);
    fs::write(&cached, b"component 6.6.6").unwrap();
    let cut_off = fixture.cut_off_host(&[fixture.key.public()]);
    assert!(matches!(cut_off.content(&wasm).await, Err(CatalogError::Unavailable { .. })));
    assert_eq!(host.content(&wasm).await.unwrap(), original);
    assert_eq!(fs::read(&cached).unwrap(), original);
}

#[tokio::test]
async fn an_artifact_is_taken_for_its_own_component_machine_and_engine_alone() {
    let fixture = Fixture::new();
    let release = fixture.publish("1.0.0").await.unwrap();
    let host = fixture.trusting_host();
    let wasm = host.pinned(&name(), &release).await.unwrap().wasm.digest;
    let path = |target: Target, patch: &str, wasm: &Digest| {
        fixture.path(&format!("artifacts/{target}/{}/{wasm}.json", engine(patch)))
    };
    let ours = path(Target::X86_64Linux, "48.0.8", &wasm);
    let another = Digest::of(b"another component");
    for (target, patch, wasm) in [
        (Target::Aarch64Linux, "48.0.8", &wasm),
        (Target::X86_64Linux, "48.0.7", &wasm),
        (Target::X86_64Linux, "48.0.8", &another),
    ] {
        let elsewhere = path(target, patch, wasm);
        if target == Target::X86_64Linux {
            let missing = host.artifact(wasm, target, &engine(patch)).await;
            assert!(matches!(missing, Err(CatalogError::Missing(_))));
        }
        fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
        fs::copy(&ours, &elsewhere).unwrap();
        assert_eq!(refusal(host.artifact(wasm, target, &engine(patch)).await), Refusal::OtherArtifact);
    }

    // A statement of another kind, by the same key.
    fs::copy(fixture.release_path("1.0.0"), &ours).unwrap();
    let artifact = host.artifact(&wasm, Target::X86_64Linux, &engine("48.0.8")).await;
    assert_eq!(refusal(artifact), Refusal::Changed);
}

#[tokio::test]
async fn an_edited_artifact_is_refused() {
    let fixture = Fixture::new();
    let release = fixture.publish("1.0.0").await.unwrap();
    let host = fixture.trusting_host();
    let wasm = host.pinned(&name(), &release).await.unwrap().wasm.digest;
    let code = Digest::of(b"code 1.0.0 x86_64-unknown-linux-gnu");
    fs::write(fixture.path(&format!("objects/sha256/{code}")), b"code 6.6.6 x86_64-unknown-linux-gnu")
        .unwrap();
    let artifact = host.artifact(&wasm, Target::X86_64Linux, &engine("48.0.8")).await;
    assert!(matches!(refusal(artifact), Refusal::Digest { .. }));
}

#[tokio::test]
async fn what_is_cached_runs_on_without_the_catalog_as_long_as_its_key_is_trusted() {
    let fixture = Fixture::new();
    let release = fixture.publish("1.0.0").await.unwrap();
    let target = Target::X86_64Linux;
    let host = fixture.trusting_host();
    let statement = host.pinned(&name(), &release).await.unwrap();
    host.content(&statement.wasm).await.unwrap();
    host.artifact(&statement.wasm.digest, target, &engine("48.0.8")).await.unwrap();

    let host = fixture.cut_off_host(&[fixture.key.public()]);
    assert_eq!(host.pinned(&name(), &release).await.unwrap(), statement);
    host.content(&statement.wasm).await.unwrap();
    host.artifact(&statement.wasm.digest, target, &engine("48.0.8")).await.unwrap();
    let fault =
        host.artifact(&statement.wasm.digest, Target::Aarch64Linux, &engine("48.0.8")).await.unwrap_err();
    assert_eq!(fault.to_string(), "cannot reach `s3://plugins/`: connection refused");

    assert!(matches!(
        refusal(fixture.cut_off_host(&[]).pinned(&name(), &release).await),
        Refusal::Untrusted(_)
    ));
}

#[tokio::test]
async fn an_object_that_lies_in_the_way_is_not_published_over() {
    let fixture = Fixture::new();
    fixture.publish("1.0.0").await.unwrap();
    let manifest = Digest::of(b"name = 'guard'\nversion = '1.1.0'");
    fs::write(fixture.path(&format!("objects/sha256/{manifest}")), b"something else").unwrap();
    assert!(matches!(
        fixture.publish("1.1.0").await,
        Err(PublishError::Catalog(CatalogError::Refused { .. }))
    ));
}
