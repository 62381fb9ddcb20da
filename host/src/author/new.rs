//! `adit plugin new`: a folder that builds as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::contract::WIT;
use crate::catalog::MANIFEST;
use crate::ids::PluginName;
use crate::pipeline::{Hook, Hooks};
use crate::plugin::CONTRACT;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../plugin-sdk");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");

/// Hooks that the templates know.
const HOOKS: [Hook; 6] = [Hook::Route, Hook::Prompt, Hook::Request, Hook::Event, Hook::Text, Hook::Finish];

/// Names that a compiler keeps for itself, or that the plugin's own dependencies have.
const TAKEN: [&str; 8] =
    ["adit-plugin", "adit_plugin", "alloc", "core", "proc_macro", "serde", "std", "test"];

/// What the manifest of a plugin says beside, if the engine of its language is in its component.
const INTERPRETER: &str = "
# The component brings the engine of its language, which takes more than the usual limits allow.
[limits]
memory = \"128MiB\"
stream-hook = \"100ms\"
request-total = \"5s\"
";

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the SDK.
    Rust,
    /// JavaScript, with componentize-js.
    JavaScript,
    /// Python, with componentize-py.
    Python,
}

impl Language {
    /// The folder of its template.
    fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }
}

/// Why there is no new plugin.
#[derive(Debug, thiserror::Error)]
pub enum NewFault {
    /// Something is there.
    #[error("`{0}` exists already, and nothing is overwritten")]
    Exists(PathBuf),
    /// A name that builds nothing.
    #[error("`{0}` cannot be the name of a new plugin: {1}")]
    Name(PluginName, &'static str),
    /// A hook without a template.
    #[error("no template has the hook `{}`: name some of {}{}", .0.name(), known_hooks(), instead(*.0))]
    Hook(Hook),
    /// No hook.
    #[error("a plugin has one hook or more: name some of {}", known_hooks())]
    NoHook,
    /// The disk.
    #[error("cannot write `{0}`: {1}")]
    Unwritable(PathBuf, std::io::Error),
    /// The program lacks a part of itself.
    #[error("this `adit` is incomplete: {0}")]
    Incomplete(String),
}

fn known_hooks() -> String {
    HOOKS.map(|hook| format!("`{}`", hook.name())).join(", ")
}

/// What to begin a format with.
fn instead(hook: Hook) -> &'static str {
    match hook {
        Hook::ClientFormat => ", or copy `plugins/ollama`",
        Hook::ModelFormat => ", or copy `plugins/titan-text`",
        Hook::ToolProvider => ", or copy `plugins/text-tools`",
        _ => "",
    }
}

/// Writes the folder `parent/name` and answers with its path.
pub fn create(
    parent: &Path,
    name: &PluginName,
    language: Language,
    hooks: Hooks,
) -> Result<PathBuf, NewFault> {
    if !name.as_str().starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err(NewFault::Name(name.clone(), "it has to begin with a letter"));
    }
    if TAKEN.contains(&name.as_str()) {
        return Err(NewFault::Name(name.clone(), "compilers know another thing by it"));
    }
    if let Some(hook) = hooks.iter().find(|hook| !HOOKS.contains(hook)) {
        return Err(NewFault::Hook(hook));
    }
    if hooks.is_empty() {
        return Err(NewFault::NoHook);
    }
    let folder = parent.join(name.as_str());
    if folder.exists() {
        return Err(NewFault::Exists(folder));
    }
    let template = Template { name, hooks };
    let mut files = BTreeMap::new();
    let incomplete = |what: &str| NewFault::Incomplete(format!("no template `{what}`"));
    for own in [language.folder(), "manifest"] {
        let own = TEMPLATES.get_dir(own).ok_or_else(|| incomplete(own))?;
        for (path, text) in texts(own, own.path()) {
            files.insert(path, template.fill(text));
        }
    }
    let tests = TEMPLATES.get_dir("tests").ok_or_else(|| incomplete("tests"))?;
    for (path, text) in texts(tests, Path::new("tests")) {
        let of = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if HOOKS.iter().all(|hook| hook.name() != of || hooks.has(*hook)) {
            files.insert(Path::new("tests").join(path), text.to_owned());
        }
    }
    match language {
        Language::Rust => files.extend(sdk()?),
        Language::JavaScript | Language::Python => {
            files.extend(wit(hooks));
            files.entry(MANIFEST.into()).or_default().push_str(INTERPRETER);
        }
    }
    for (path, text) in files {
        write(&folder.join(path), &text)?;
    }
    Ok(folder)
}

fn write(file: &Path, text: &str) -> Result<(), NewFault> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, text))
        .map_err(|fault| NewFault::Unwritable(file.to_owned(), fault))
}

/// All files below a folder that are text, by their path from `base`.
fn texts<'d>(folder: &'d Dir<'d>, base: &Path) -> Vec<(PathBuf, &'d str)> {
    let mut found = Vec::new();
    for file in folder.files() {
        let path = file.path().strip_prefix(base).unwrap_or(file.path()).to_owned();
        found.extend(file.contents_utf8().map(|text| (path, text)));
    }
    for inner in folder.dirs() {
        found.extend(texts(inner, base));
    }
    found
}

/// What a template is filled with.
struct Template<'a> {
    name: &'a PluginName,
    hooks: Hooks,
}

impl Template<'_> {
    /// Puts the names in, and leaves out what belongs to hooks that are not wanted: the lines between
    /// `//@ hook` and `//@ end`, or `#@ hook` and `#@ end`. `!hook` is for plugins without it.
    fn fill(&self, text: &str) -> String {
        let hooks: Vec<_> = self.hooks.iter().map(Hook::name).collect();
        let (mut filled, mut keep) = (String::with_capacity(text.len()), true);
        for line in text.lines() {
            let marker = line.trim_start();
            match marker.strip_prefix("//@ ").or_else(|| marker.strip_prefix("#@ ")) {
                Some("end") => keep = true,
                Some(hook) => {
                    keep = match hook.trim().strip_prefix('!') {
                        Some(hook) => !hooks.contains(&hook),
                        None => hooks.contains(&hook.trim()),
                    };
                }
                None if keep => {
                    filled.push_str(line);
                    filled.push('\n');
                }
                None => {}
            }
        }
        let filled = filled.replace("{{name}}", self.name.as_str()).replace("{{contract}}", CONTRACT);
        filled.replace("{{hooks}}", &hooks.join(", "))
    }
}

/// The contract, with a world for just these hooks.
fn wit(hooks: Hooks) -> Vec<(PathBuf, String)> {
    let home = Path::new("wit");
    let text = |file: &include_dir::File<'_>| file.contents_utf8().unwrap_or_default().to_owned();
    let mut files: Vec<_> = WIT.files().map(|file| (home.join(file.path()), text(file))).collect();
    let exports: Vec<_> = hooks.iter().map(|hook| format!("export {};", hook.interface())).collect();
    let exports = exports.join(" ");
    // What the template for this hook writes to.
    let imports = if hooks.has(Hook::Finish) { "import log; " } else { "" };
    let world = format!(
        "package adit:plugin@{CONTRACT};\n\n/// The hooks of this plugin, and what it asks the operator for: `import kv;`.\n\
         world plugin {{ {imports}export lifecycle; {exports} }}\n"
    );
    files.push((home.join("plugin.wit"), world));
    files
}

/// The SDK as a workspace of its own, in `adit-sdk`.
fn sdk() -> Result<Vec<(PathBuf, String)>, NewFault> {
    let home = Path::new("adit-sdk");
    let mut files = Vec::new();
    let mut wanted = Vec::new();
    for (path, text) in texts(&SDK, Path::new("")) {
        if path.components().any(|part| part.as_os_str() == "wit") {
            continue;
        }
        if path.ends_with("Cargo.toml") {
            wanted.extend(inherited(text));
        }
        files.push((home.join(path), text.to_owned()));
    }
    // The contract, once for the SDK and once for its macro: a checkout has links there.
    for file in WIT.files() {
        let text = file.contents_utf8().unwrap_or_default();
        for place in ["wit", "macros/wit"] {
            files.push((home.join(place).join(file.path()), text.to_owned()));
        }
    }
    let head = workspace(&wanted)?;
    let manifest = files.iter_mut().find(|(path, _)| *path == home.join("Cargo.toml"));
    let (_, manifest) = manifest.ok_or_else(|| NewFault::Incomplete("no SDK".to_owned()))?;
    manifest.insert_str(0, &head);
    Ok(files)
}

/// The dependencies that a manifest takes from its workspace.
fn inherited(manifest: &str) -> Vec<String> {
    let Ok(manifest) = toml::from_str::<toml::Table>(manifest) else { return Vec::new() };
    let kinds = ["dependencies", "dev-dependencies"].into_iter();
    let tables = kinds.filter_map(|kind| manifest.get(kind)?.as_table());
    tables.flat_map(toml::Table::keys).cloned().collect()
}

/// What a manifest needs in front to be the root of a workspace that has what these inherit.
fn workspace(dependencies: &[String]) -> Result<String, NewFault> {
    let incomplete = |what: &str| NewFault::Incomplete(format!("its manifest has no {what}"));
    let root: toml::Table =
        toml::from_str(WORKSPACE).map_err(|fault| NewFault::Incomplete(fault.to_string()))?;
    let workspace =
        root.get("workspace").and_then(toml::Value::as_table).ok_or_else(|| incomplete("workspace"))?;
    let mut chosen = toml::Table::new();
    for name in dependencies {
        let all = workspace.get("dependencies").and_then(toml::Value::as_table);
        let value = all.and_then(|all| all.get(name)).ok_or_else(|| incomplete(name))?;
        let own = value.get("path").is_some();
        let path = || toml::Value::Table([("path".to_owned(), "macros".into())].into_iter().collect());
        chosen.insert(name.clone(), if own { path() } else { value.clone() });
    }
    let mut head = toml::Table::new();
    head.insert("members".to_owned(), toml::Value::Array(vec!["macros".into()]));
    head.insert(
        "package".to_owned(),
        workspace.get("package").cloned().ok_or_else(|| incomplete("package"))?,
    );
    head.insert("dependencies".to_owned(), chosen.into());
    // Warnings here are nobody's business but ours.
    head.insert("lints".to_owned(), toml::Table::new().into());
    let head: toml::Table = [("workspace".to_owned(), head.into())].into_iter().collect();
    let text = toml::to_string(&head).map_err(|fault| NewFault::Incomplete(fault.to_string()))?;
    Ok(format!("# The SDK as it came with `adit`.\n{text}\n"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;

    fn name(text: &str) -> PluginName {
        PluginName::parse(text).unwrap()
    }

    #[test]
    fn leaves_out_what_belongs_to_other_hooks() {
        let template = Template { name: &name("mine"), hooks: Hooks::of(&[Hook::Text]) };
        let text =
            "a {{name}}\n  //@ text\nb\n//@ end\n#@ prompt\nc\n#@ end\n//@ !text\nc\n//@ end\nd {{hooks}}";
        assert_eq!(template.fill(text), "a mine\nb\nd text\n");
    }

    #[test]
    fn writes_a_folder_once() {
        let parent = tempfile::tempdir().unwrap();
        let hooks = Hooks::of(&[Hook::Text]);
        let folder = create(parent.path(), &name("mine"), Language::Rust, hooks).unwrap();
        let manifest = std::fs::read_to_string(folder.join("adit-sdk/Cargo.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&manifest).unwrap();
        for dependency in manifest["dependencies"].as_table().unwrap().keys() {
            assert!(manifest["workspace"]["dependencies"].get(dependency).is_some(), "{dependency}");
        }
        for file in [
            "plugin.toml",
            ".gitignore",
            "tests/text.toml",
            "adit-sdk/wit/types.wit",
            "adit-sdk/macros/wit/types.wit",
        ] {
            assert!(folder.join(file).is_file(), "{file}");
        }
        assert!(!folder.join("tests/prompt.toml").exists());
        let again = create(parent.path(), &name("mine"), Language::Rust, hooks).unwrap_err();
        assert!(again.to_string().contains("exists already"), "{again}");
    }

    #[test]
    fn every_language_has_the_contract_and_a_manifest_that_can_be_read() {
        let parent = tempfile::tempdir().unwrap();
        for (called, language) in [("js", Language::JavaScript), ("python", Language::Python)] {
            let hooks = Hooks::of(&[Hook::Prompt]);
            let folder = create(parent.path(), &name(called), language, hooks).unwrap();
            let manifest = crate::catalog::Manifest::load(&folder.join(MANIFEST)).unwrap();
            assert_eq!((manifest.name.as_str(), manifest.limits.memory_bytes), (called, Some(128 << 20)));
            let world = std::fs::read_to_string(folder.join("wit/plugin.wit")).unwrap();
            assert!(world.contains("world plugin { export lifecycle; export prompt-hook; }"), "{world}");
        }
    }

    #[test]
    fn every_hook_of_every_language_has_a_schema_that_takes_what_its_tests_set() {
        let parent = tempfile::tempdir().unwrap();
        for (called, language) in
            [("rs", Language::Rust), ("js", Language::JavaScript), ("python", Language::Python)]
        {
            for hook in HOOKS {
                let called = format!("{called}-{}", hook.name());
                let folder = create(parent.path(), &name(&called), language, Hooks::of(&[hook])).unwrap();
                let schema = std::fs::read(folder.join("config.schema.json")).unwrap();
                let schema = crate::catalog::Schema::parse(&schema).unwrap();
                let test = folder.join("tests").join(hook.name()).with_extension("toml");
                let test: toml::Table = toml::from_str(&std::fs::read_to_string(test).unwrap()).unwrap();
                let config = test
                    .get("config")
                    .map_or("{}".to_owned(), |config| serde_json::to_string(config).unwrap());
                assert_eq!(schema.faults(&config), [], "{called}");
                let files = texts_below(&folder);
                assert!(!files.contains("@ end") && !files.contains("{{"), "{called}");
            }
        }
    }

    /// All that is written in a template's own files.
    fn texts_below(folder: &Path) -> String {
        let names =
            ["src/lib.rs", "src/app.py", "plugin.js", "config.schema.json", "README.md", "plugin.toml"];
        names.map(|name| std::fs::read_to_string(folder.join(name)).unwrap_or_default()).concat()
    }

    #[test]
    fn refuses_names_and_hooks_that_build_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let refusal = |text: &str, hooks: &[Hook]| {
            create(parent.path(), &name(text), Language::Rust, Hooks::of(hooks)).unwrap_err().to_string()
        };
        assert!(refusal("1st", &[Hook::Text]).contains("begin with a letter"));
        assert!(refusal("std", &[Hook::Text]).contains("compilers"));
        assert!(refusal("mine", &[Hook::ClientFormat]).contains("`finish`, or copy `plugins/ollama`"));
        assert!(refusal("mine", &[]).contains("one hook or more"));
    }
}
