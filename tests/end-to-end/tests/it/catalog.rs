//! Plugins that are published into a bucket, and servers that run them.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Key, LocalOnly, S3, Setup, Stack, built, is_skipped};

/// The plugin that writes everything in capitals, as its component calls itself.
const PLUGIN: &str = "plugin-hello";

/// A bucket, a publisher with a key, and a server that trusts it.
struct Catalog {
    s3: S3,
    stack: Stack,
}

impl Catalog {
    fn start() -> Self {
        Self::with(Setup::new())
    }

    fn with(setup: Setup) -> Self {
        let s3 = S3::start();
        let credentials = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        let setup =
            credentials.into_iter().fold(setup, |setup, (name, value)| setup.environment(name, value));
        let mut stack = setup.start();
        let key = stack.adit(&["plugin", "keygen", "key"]);
        let settings = format!(
            "[catalog]\nlocation = 's3://plugins/team'\ntrusted_keys = ['{}']\nendpoint = '{}'",
            key.trim_end(),
            s3.url()
        );
        fs::write(stack.folder().join("adit.toml"), settings).unwrap();
        stack.restart();
        Self { s3, stack }
    }

    /// Writes a folder that can be published, and answers its name.
    fn package(&self, version: &str) -> String {
        let folder = self.stack.folder().join(version);
        fs::create_dir_all(&folder).unwrap();
        let schema = r#"{"type":"object","properties":{"a":{"type":"integer"}},"maxProperties":0}"#;
        fs::write(folder.join("config.schema.json"), schema).unwrap();
        let manifest =
            format!("name = '{PLUGIN}'\nversion = '{version}'\n[config]\nschema = 'config.schema.json'");
        fs::write(folder.join("plugin.toml"), manifest).unwrap();
        fs::write(folder.join(format!("{PLUGIN}.wasm")), component(version)).unwrap();
        version.to_owned()
    }

    fn publishing(&self, package: &str) -> Command {
        self.stack.prepared(&["plugin", "publish", package, "--key", "key", "--settings", "adit.toml"])
    }

    fn publish(&self, version: &str) {
        let output = self.publishing(&self.package(version)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A key with a release.
    fn key(&self, version: &str) -> Key<'_> {
        let key = self.stack.key();
        self.stack.adit(&enable(&key.name, version));
        key
    }

    fn releases(&self) -> Value {
        let listed = self.stack.adit(&["plugin", "releases", "--json", "--settings", "adit.toml"]);
        serde_json::from_str(&listed).unwrap()
    }

    /// The name of the only object that begins and ends so.
    fn object(&self, begin: &str, end: &str) -> String {
        let objects = self.s3.objects();
        let found: Vec<_> = objects
            .iter()
            .filter(|name| name.starts_with(&format!("team/{begin}")) && name.ends_with(end))
            .collect();
        assert_eq!(found.len(), 1, "{begin}…{end}: {objects:?}");
        found[0].clone()
    }

    /// The object that a signed statement names, by JSON Pointer.
    fn named_in(&self, statement: &str, pointer: &str) -> String {
        let signed: Value = serde_json::from_slice(&self.s3.read(statement)).unwrap();
        let statement: Value = serde_json::from_str(signed["statement"].as_str().unwrap()).unwrap();
        format!("team/objects/sha256/{}", statement.pointer(pointer).unwrap().as_str().unwrap())
    }

    /// Changes the last byte of an object, and answers what it was.
    fn edit(&self, object: &str) -> Vec<u8> {
        let original = self.s3.read(object);
        let mut edited = original.clone();
        *edited.last_mut().unwrap() ^= 1;
        assert_eq!(self.s3.put(object, &edited).status, 200);
        original
    }

    /// Starts the server again, with nothing in its cache.
    fn restart_forgetful(&mut self) {
        fs::remove_dir_all(self.stack.folder().join("data/catalog-cache")).unwrap();
        self.stack.restart();
    }

    /// The plugin is not to be had, and nothing passes without it.
    fn is_unavailable(&self, secret: &str, reason: &str) {
        let before = self.stack.sim.requests_so_far().len();
        let answer = Key::with_secret(&self.stack, secret).ask("hello");
        assert_eq!((answer.status, &answer.error()["code"]), (503, &json!("plugin_unavailable")));
        self.stack.server().wait_for_line(&["failed", PLUGIN, reason]);
        assert_eq!(self.stack.sim.requests_so_far().len(), before);
    }
}

/// The command that switches a release on.
fn enable<'a>(key: &'a str, version: &'a str) -> [&'a str; 8] {
    ["key", "plugin", "enable", key, PLUGIN, "--version", version, "--settings=adit.toml"]
}

/// The component, which says of itself which version it is.
fn component(version: &str) -> Vec<u8> {
    let mut bytes = fs::read(built::plugin("hello")).unwrap();
    let said = format!("{PLUGIN}0.1.0");
    let places: Vec<_> =
        (0..bytes.len() - said.len()).filter(|start| bytes[*start..].starts_with(said.as_bytes())).collect();
    assert_eq!((places.len(), version.len()), (1, 5), "`{said}` is not said once");
    bytes[places[0] + PLUGIN.len()..][..5].copy_from_slice(version.as_bytes());
    bytes
}

#[test]
fn a_plugin_is_published_enabled_and_served() {
    let mut catalog = Catalog::start();
    catalog.publish("0.1.0");
    catalog.publish("0.2.0");
    assert_eq!(
        catalog.releases(),
        json!([{"name": PLUGIN, "version": "0.1.0"}, {"name": PLUGIN, "version": "0.2.0"}])
    );
    let key = catalog.key("latest");
    assert_eq!(key.ask("hello").content(), "HELLO");
    let listed = catalog.stack.adit(&["key", "plugin", "list", &key.name, "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["version"], "0.2.0");

    let another = catalog.stack.key();
    let config = [&enable(&another.name, "0.1.0")[..], &["--config", r#"{"a":"x"}"#]].concat();
    let refusal = catalog.stack.refusal(&config);
    assert!(refusal.contains("  /a: ") && refusal.contains("  (all of it): "), "{refusal}");
    let refusal = catalog.stack.refusal(&enable(&another.name, "0.3.0"));
    assert!(refusal.contains("releases/plugin-hello/0.3.0.json` does not exist"), "{refusal}");

    let secret = key.secret.clone();
    catalog.restart_forgetful();
    if !is_skipped(LocalOnly::LoadsAhead) {
        catalog.stack.server().wait_for_line(&["release loaded", PLUGIN, "0.2.0"]);
    }
    assert_eq!(Key::with_secret(&catalog.stack, secret).ask("hello").content(), "HELLO");
    let log = catalog.stack.stop();
    assert!(!log.contains("compiling a release here"), "{log}");
}

#[test]
fn what_is_published_is_never_overwritten() {
    let catalog = Catalog::start();
    let package = catalog.package("0.1.0");
    let publishers: Vec<_> = (0..3)
        .map(|_| catalog.publishing(&package).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    let ended: Vec<_> =
        publishers.into_iter().map(|publisher| publisher.wait_with_output().unwrap()).collect();
    assert_eq!(ended.iter().filter(|output| output.status.success()).count(), 1, "{ended:?}");
    for output in ended.iter().filter(|output| !output.status.success()) {
        let refusal = String::from_utf8_lossy(&output.stderr);
        assert!(refusal.contains("is published already"), "{refusal}");
    }
    assert_eq!(catalog.key("0.1.0").ask("hello").content(), "HELLO");

    // The bucket itself refuses, not only the command.
    let release = catalog.object("releases/", ".json");
    let before = catalog.s3.read(&release);
    assert_eq!(catalog.s3.create(&release, b"{}").status, 412);
    assert_eq!(catalog.s3.read(&release), before);
}

#[test]
fn an_object_that_was_changed_is_not_run() {
    let mut catalog = Catalog::start();
    catalog.publish("0.1.0");
    let secret = catalog.key("0.1.0").secret.clone();
    let release = catalog.object("releases/", "0.1.0.json");
    let wasm = catalog.named_in(&release, "/wasm/digest");
    let here = format!("artifacts/{}-unknown-linux-gnu/", std::env::consts::ARCH);
    let artifact = catalog.named_in(&catalog.object(&here, ".json"), "/artifact/digest");

    // The code: it is made anew from the component, which is what was signed.
    catalog.edit(&artifact);
    catalog.restart_forgetful();
    assert_eq!(Key::with_secret(&catalog.stack, secret.clone()).ask("hello").content(), "HELLO");
    catalog.stack.server().wait_for_line(&["compiling a release here", "SHA-256"]);

    // The component too.
    let original = catalog.edit(&wasm);
    catalog.restart_forgetful();
    catalog.is_unavailable(&secret, "SHA-256");
    catalog.s3.put(&wasm, &original);

    // An old statement under the version that is pinned.
    catalog.publish("0.2.0");
    let newer = catalog.key("latest").secret.clone();
    let of_newer = catalog.object("releases/", "0.2.0.json");
    catalog.s3.put(&of_newer, &catalog.s3.read(&release));
    catalog.restart_forgetful();
    catalog.is_unavailable(&newer, "SHA-256");
    let another = catalog.stack.key().name;
    let refusal = catalog.stack.refusal(&enable(&another, "0.2.0"));
    assert!(refusal.contains("it states `plugin-hello` 0.1.0"), "{refusal}");

    // Or the newer release is gone.
    catalog.s3.delete(&of_newer);
    let refusal = catalog.stack.refusal(&enable(&another, "latest"));
    assert!(refusal.contains("0.2.0 was enabled before"), "{refusal}");
    assert_eq!(catalog.key("0.1.0").ask("hello").content(), "HELLO");
}

#[test]
fn without_the_bucket_what_is_cached_runs_on() {
    let mut catalog = Catalog::start();
    catalog.publish("0.1.0");
    let secret = catalog.key("0.1.0").secret.clone();
    catalog.s3.stop();
    catalog.stack.restart();
    assert_eq!(Key::with_secret(&catalog.stack, secret.clone()).ask("hello").content(), "HELLO");
    catalog.restart_forgetful();
    catalog.is_unavailable(&secret, "cannot read `s3://plugins/team/releases/plugin-hello/0.1.0.json`");
}

#[test]
fn a_publisher_that_is_killed_leaves_a_whole_release_or_none() {
    let catalog = Catalog::start();
    let package = catalog.package("0.1.0");
    let mut publisher =
        catalog.publishing(&package).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while catalog.s3.objects().is_empty() {
        assert!(publisher.try_wait().unwrap().is_none_or(|status| status.success()));
    }
    publisher.kill().unwrap();
    publisher.wait().unwrap();
    if catalog.releases() == json!([]) {
        let refusal = catalog.stack.refusal(&enable(&catalog.stack.key().name, "latest"));
        assert!(refusal.contains("has no release of `plugin-hello`"), "{refusal}");
        catalog.publish("0.1.0");
    }
    assert_eq!(catalog.key("latest").ask("hello").content(), "HELLO");
}

#[test]
fn a_host_without_a_compiler_runs_what_was_compiled_before() {
    let mut catalog = Catalog::with(Setup::new().plugins(["hold"]).runtime_only());
    catalog.publish("0.1.0");
    let key = catalog.key("0.1.0");
    assert_eq!(key.ask("hello").content(), "HELLO");
    assert_eq!(key.stream("hello").answer().content(), "HELLO");

    if !is_skipped(LocalOnly::LoadsAhead) {
        catalog.stack.server().wait_for_line(&["plugin refused", "hold.wasm", "this Adit has no compiler"]);
    }
    let publish = Command::new(built::runtime_only())
        .args(["plugin", "publish", ".", "--key", "key"])
        .output()
        .unwrap();
    assert_eq!(publish.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&publish.stderr).contains("needs an Adit with the compiler"));

    let secret = key.secret.clone();
    let here = format!("artifacts/{}-unknown-linux-gnu/", std::env::consts::ARCH);
    catalog.s3.delete(&catalog.object(&here, ".json"));
    catalog.restart_forgetful();
    catalog.is_unavailable(&secret, "this Adit has no compiler, and there is no code for it");
}
