//! `adit plugin build`: the language's own tools, and the component where the other commands look.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::manifest::Manifest;
use super::project::{DIST, MANIFEST, ProjectFault, load_manifest};
use crate::plugin::{Refused, component_of};

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// It is no folder of a plugin.
    #[error("{0}")]
    Project(#[from] ProjectFault),
    /// Nobody knows how.
    #[error("cannot tell how to build `{0}`: expected a `Cargo.toml`")]
    UnknownLanguage(PathBuf),
    /// A program is not there.
    #[error("cannot run `{program}`: {install}")]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// What to do.
        install: &'static str,
    },
    /// A program failed. What it printed says why.
    #[error("`{line}` failed{hint}")]
    Failed {
        /// What was run.
        line: String,
        /// What may help.
        hint: &'static str,
    },
    /// It built something else.
    #[error("`{line}` did not make `{file}`")]
    NoComponent {
        /// What was run.
        line: String,
        /// What was looked for.
        file: PathBuf,
    },
    /// What it built is no component.
    #[error("`{0}` {1}")]
    Refused(PathBuf, Refused),
    /// The disk.
    #[error("cannot write `{0}`: {1}")]
    Unwritable(PathBuf, std::io::Error),
}

/// Builds the plugin of a folder and answers with its component. What is run is told before.
pub fn build(folder: &Path, mut told: impl FnMut(&str)) -> Result<PathBuf, BuildFault> {
    let manifest = load_manifest(folder)?;
    let built = if folder.join("Cargo.toml").is_file() {
        rust(folder, &manifest, &mut told)?
    } else {
        return Err(BuildFault::UnknownLanguage(folder.to_owned()));
    };
    let bytes = fs::read(&built).map_err(|fault| BuildFault::Refused(built.clone(), fault.into()))?;
    let component = component_of(&bytes).map_err(|refusal| BuildFault::Refused(built.clone(), refusal))?;
    let dist = folder.join(DIST);
    let to = dist.join(format!("{}.wasm", manifest.name));
    put(&to, &component)?;
    // What lies beside the component in a plugin folder.
    copy(&folder.join(MANIFEST), &to.with_extension("toml"))?;
    if let Some(schema) = schema(folder) {
        copy(&folder.join(&schema), &dist.join(&schema))?;
    }
    Ok(to)
}

/// The file that the manifest names as the schema of the config.
fn schema(folder: &Path) -> Option<PathBuf> {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(folder.join(MANIFEST)).ok()?).ok()?;
    Some(PathBuf::from(manifest.get("config")?.get("schema")?.as_str()?))
}

fn copy(from: &Path, to: &Path) -> Result<(), BuildFault> {
    let bytes = fs::read(from).map_err(|fault| BuildFault::Unwritable(to.to_owned(), fault))?;
    put(to, &bytes)
}

/// Writes by renaming into place: a server that has the old file open keeps it.
fn put(to: &Path, bytes: &[u8]) -> Result<(), BuildFault> {
    let folder = to.parent().unwrap_or(to);
    let unwritable = |fault: std::io::Error| BuildFault::Unwritable(to.to_owned(), fault);
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    std::io::Write::write_all(&mut file, bytes).map_err(unwritable)?;
    file.persist(to).map_err(|fault| unwritable(fault.error))?;
    Ok(())
}

const TARGET: &str = "wasm32-wasip2";

fn rust(folder: &Path, manifest: &Manifest, told: &mut impl FnMut(&str)) -> Result<PathBuf, BuildFault> {
    let no_cargo =
        BuildFault::NoProgram { program: "cargo", install: "install Rust, https://rustup.rs says how" };
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--target", TARGET]).current_dir(folder);
    let hint = "; if the target is missing: `rustup target add wasm32-wasip2`";
    let line = run(&mut cargo, no_cargo, hint, told)?;
    let file = format!("{}.wasm", manifest.name.as_str().replace('-', "_"));
    let built = target_folder(folder).join(TARGET).join("release").join(file);
    if built.is_file() { Ok(built) } else { Err(BuildFault::NoComponent { line, file: built }) }
}

/// Where Cargo puts what it builds: settings and the environment may say somewhere else.
fn target_folder(folder: &Path) -> PathBuf {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(folder).stderr(Stdio::null());
    let metadata = cargo.output().ok().and_then(|output| serde_json::from_slice(&output.stdout).ok());
    let target = metadata.and_then(|metadata: serde_json::Value| {
        metadata.get("target_directory")?.as_str().map(PathBuf::from)
    });
    target.unwrap_or_else(|| folder.join("target"))
}

/// Runs a program to its end, its output on ours, and answers with what was run. What a program
/// prints is not the result of our command: it goes to stderr.
fn run(
    command: &mut Command,
    missing: BuildFault,
    hint: &'static str,
    told: &mut impl FnMut(&str),
) -> Result<String, BuildFault> {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    let words: Vec<_> = std::iter::once(command.get_program().to_string_lossy()).chain(arguments).collect();
    let line = words.join(" ");
    told(&line);
    match command.stdin(Stdio::null()).stdout(std::io::stderr()).status() {
        Ok(status) if status.success() => Ok(line),
        Ok(_) => Err(BuildFault::Failed { line, hint }),
        Err(_) => Err(missing),
    }
}
