//! `adit plugin build`: the language's own tools, and the component where the other commands look.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::project::{ProjectFault, load_manifest};
use crate::catalog::{DIST, MANIFEST, Manifest};
use crate::plugin::{Refused, component_of};

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// It is no folder of a plugin.
    #[error("{0}")]
    Project(#[from] ProjectFault),
    /// Nobody knows how.
    #[error(
        "cannot tell how to build `{0}`: expected a `Cargo.toml`, `package.json`, `requirements.txt` or `Makefile`"
    )]
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
    } else if folder.join("package.json").is_file() {
        javascript(folder, &manifest, &mut told)?
    } else if folder.join("requirements.txt").is_file() {
        python(folder, &manifest, &mut told)?
    } else if folder.join("Makefile").is_file() {
        make(folder, &manifest, &mut told)?
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
    if let Some(schema) = &manifest.schema {
        copy(&folder.join(schema), &dist.join(schema))?;
    }
    Ok(to)
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
    let partial = to.with_extension("part");
    fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, to)).map_err(unwritable)?;
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

/// Node's packages, when they are not there yet, and then the script `build` of `package.json`.
fn javascript(
    folder: &Path,
    manifest: &Manifest,
    told: &mut impl FnMut(&str),
) -> Result<PathBuf, BuildFault> {
    let no_npm = || BuildFault::NoProgram {
        program: "npm",
        install: "install Node.js 22 or newer, https://nodejs.org",
    };
    if !folder.join("node_modules").is_dir() {
        let way = if folder.join("package-lock.json").is_file() { "ci" } else { "install" };
        let mut npm = Command::new("npm");
        npm.args([way, "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
        run(&mut npm, no_npm(), "", told)?;
    }
    let built = dist_file(folder, manifest)?;
    let mut npm = Command::new("npm");
    npm.args(["run", "build"]).current_dir(folder);
    let line = run(&mut npm, no_npm(), "", told)?;
    if built.is_file() { Ok(built) } else { Err(BuildFault::NoComponent { line, file: built }) }
}

/// A virtual environment, when it does not fit `requirements.txt`, and then componentize-py.
fn python(folder: &Path, manifest: &Manifest, told: &mut impl FnMut(&str)) -> Result<PathBuf, BuildFault> {
    let no_python =
        || BuildFault::NoProgram { program: "python3", install: "install Python 3.10 or newer with `venv`" };
    let environment = folder.join(".venv");
    let tools = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let wanted = fs::read_to_string(folder.join("requirements.txt")).unwrap_or_default();
    let installed = environment.join("installed.txt");
    if fs::read_to_string(&installed).unwrap_or_default() != wanted {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", ".venv"]).current_dir(folder);
        run(&mut venv, no_python(), "; on Debian: `apt-get install python3-venv`", told)?;
        let mut pip = Command::new(absolute(&tools.join("python")));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            "requirements.txt",
        ]);
        run(pip.current_dir(folder), no_python(), "", told)?;
        put(&installed, wanted.as_bytes())?;
    }
    let built = dist_file(folder, manifest)?;
    let mut componentize = Command::new(absolute(&tools.join("componentize-py")));
    componentize.args(["-d", "wit", "-w", "plugin", "componentize", "--stub-wasi", "-p", "src", "app", "-o"]);
    componentize.arg(absolute(&built)).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    let line = run(&mut componentize, no_python(), "", told)?;
    if built.is_file() { Ok(built) } else { Err(BuildFault::NoComponent { line, file: built }) }
}

/// Any other language: `make` puts a component, or a core module for WASI 0.1, into `dist`.
fn make(folder: &Path, manifest: &Manifest, told: &mut impl FnMut(&str)) -> Result<PathBuf, BuildFault> {
    let no_make = BuildFault::NoProgram { program: "make", install: "install GNU Make" };
    let built = dist_file(folder, manifest)?;
    let line = run(Command::new("make").current_dir(folder), no_make, "", told)?;
    if built.is_file() { Ok(built) } else { Err(BuildFault::NoComponent { line, file: built }) }
}

/// The component in `dist`, which is made if it is not there. What an earlier build left goes away.
fn dist_file(folder: &Path, manifest: &Manifest) -> Result<PathBuf, BuildFault> {
    let dist = folder.join(DIST);
    fs::create_dir_all(&dist).map_err(|fault| BuildFault::Unwritable(dist.clone(), fault))?;
    let file = dist.join(format!("{}.wasm", manifest.name));
    match fs::remove_file(&file) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
            Err(BuildFault::Unwritable(file, fault))
        }
        _ => Ok(file),
    }
}

/// The same place, wherever a program is started.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
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
