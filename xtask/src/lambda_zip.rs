//! `cargo xtask zip`: the program that AWS Lambda runs, for either architecture, in a zip.
//!
//! cargo-lambda builds it with zig as C compiler and linker, so that it needs no newer glibc than Lambda has,
//! whatever this machine has. Cranelift is left out: on Lambda, plugins come compiled.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::command::{self, output, say};
use crate::python;
use crate::rust_target::RustTarget;
use crate::workspace::Workspace;

/// The version of cargo-lambda, here and in `xtask/lambda/requirements.txt`.
const CARGO_LAMBDA: &str = "1.9.2";

/// The glibc of Amazon Linux 2023, on which `provided.al2023` runs.
const GLIBC: (u32, u32) = (2, 34);

/// What is built: the function without Cranelift, as plugins come compiled.
const SELECTION: [&str; 5] = ["--package", "adit", "--bin", "bootstrap", "--no-default-features"];

/// How large the zip may be, in bytes. It is fetched at every cold start.
const LARGEST: u64 = 8_000_000;

/// A processor that Lambda has, by the word that AWS uses, but for the underscore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Architecture {
    /// Graviton: the default, and the cheaper one.
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86-64")]
    X86_64,
}

impl Architecture {
    /// What this machine is.
    pub(crate) const HERE: Self = if cfg!(target_arch = "aarch64") { Self::Arm64 } else { Self::X86_64 };

    /// Rust's name of the target.
    fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// What an ELF file for it says of itself (`e_machine`).
    fn machine(self) -> u16 {
        match self {
            Self::Arm64 => 183,
            Self::X86_64 => 62,
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86-64",
        })
    }
}

/// What is built.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The processor of the function.
    #[arg(long = "arch", value_enum, default_value_t = Architecture::Arm64)]
    architecture: Architecture,
}

/// Builds it and says where it lies. It fails if it is larger than [`LARGEST`].
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let zip = build(workspace, options.architecture)?.join("bootstrap.zip");
    println!("{}", zip.display());
    if std::fs::metadata(&zip)?.len() > LARGEST {
        bail!("the zip is larger than {} MB; CONTRIBUTING.md says how to find out why", LARGEST / 1_000_000);
    }
    Ok(())
}

/// Builds `bootstrap` and `bootstrap.zip`, and answers the folder that holds both.
///
/// It fails if they would not run on Lambda.
pub(crate) fn build(workspace: &Workspace, architecture: Architecture) -> anyhow::Result<PathBuf> {
    let folder = workspace.target.join("lambda").join(architecture.to_string());
    say(format_args!("building the zip for {architecture}: minutes, the first time"));
    compile(workspace, architecture, &SELECTION, &folder)?;
    let requirements = workspace.root.join("xtask/lambda/pack-requirements.txt");
    let mut pack = Command::new(python::environment(&workspace.target.join("venv-pack"), &requirements)?);
    pack.arg(workspace.root.join("xtask/lambda/pack.py"));
    pack.arg(folder.join("bootstrap")).arg(folder.join("bootstrap.zip"));
    command::run(pack.stdin(Stdio::null()))?;
    check(&folder, architecture)?;
    Ok(folder)
}

/// Builds a function that does nothing, in the same way, and answers its program.
pub(crate) fn build_empty(workspace: &Workspace, architecture: Architecture) -> anyhow::Result<PathBuf> {
    let folder = workspace.target.join("lambda").join(format!("{architecture}-empty"));
    compile(workspace, architecture, &["--package", "runtime-api", "--example", "empty"], &folder)?;
    Ok(folder.join("bootstrap"))
}

/// Compiles one program and puts it into the folder as `bootstrap`.
fn compile(
    workspace: &Workspace,
    architecture: Architecture,
    selection: &[&str],
    folder: &Path,
) -> anyhow::Result<()> {
    let rust = RustTarget::choose(architecture.target())?;
    let mut lambda = cargo_lambda(workspace)?;
    lambda.args(["lambda", "build", "--profile", "lambda"]).args(selection);
    lambda.arg("--target").arg(format!("{}.{}.{}", architecture.target(), GLIBC.0, GLIBC.1));
    // It makes a folder for each program, unless it is told the name of one that needs none.
    let name = selection.iter().skip_while(|word| !["--bin", "--example"].contains(word)).nth(1);
    lambda.arg("--lambda-dir").arg(folder).arg("--flatten").args(name);
    rust.apply(&mut lambda);
    command::run(lambda.stdin(Stdio::null()))
}

/// The machine's own cargo-lambda and zig, if they are the right ones, or otherwise ours.
fn cargo_lambda(workspace: &Workspace) -> anyhow::Result<Command> {
    let version = output(Command::new("cargo-lambda").args(["lambda", "--version"]));
    let is_ours = |version: &String| version.split(' ').nth(1) == Some(CARGO_LAMBDA);
    if version.as_ref().is_some_and(is_ours) && output(Command::new("zig").arg("version")).is_some() {
        return Ok(workspace.cargo_named("cargo-lambda"));
    }
    let requirements = workspace.root.join("xtask/lambda/requirements.txt");
    let python = python::environment(&workspace.target.join("venv-lambda"), &requirements)?;
    let mut command = workspace.cargo_named(python.with_file_name("cargo-lambda"));
    // It finds zig by asking the first `python3` on the way.
    let folder = python.parent().context("Python lies in no folder")?;
    let path = command::variable("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display()));
    Ok(command)
}

/// Whether what lies there would run on Lambda, and how large it is.
fn check(folder: &Path, architecture: Architecture) -> anyhow::Result<()> {
    let program = check_program(folder, architecture)?;
    let zip = folder.join("bootstrap.zip");
    let size = std::fs::metadata(&zip).with_context(|| format!("cannot read `{}`", zip.display()))?.len();
    say(format_args!("zip for {architecture}: {size} bytes, the program {program} bytes"));
    Ok(())
}

/// Whether the program that lies there would run on Lambda. Answers its size in bytes.
pub(crate) fn check_program(folder: &Path, architecture: Architecture) -> anyhow::Result<usize> {
    let program = folder.join("bootstrap");
    let bytes = std::fs::read(&program).with_context(|| format!("cannot read `{}`", program.display()))?;
    if machine(&bytes) != Some(architecture.machine()) {
        bail!("`{}` is no program for {architecture}", program.display());
    }
    let glibc = glibc(&bytes);
    if glibc > GLIBC {
        bail!(
            "`{}` needs glibc {}.{}; Lambda has {}.{}",
            program.display(),
            glibc.0,
            glibc.1,
            GLIBC.0,
            GLIBC.1
        );
    }
    Ok(bytes.len())
}

/// The `e_machine` of an ELF file of 64 bits, least significant byte first.
fn machine(elf: &[u8]) -> Option<u16> {
    let elf = elf.strip_prefix(b"\x7fELF\x02\x01")?;
    let field = elf.get(12..14)?;
    Some(u16::from_le_bytes(field.try_into().ok()?))
}

/// The newest glibc whose symbols the program asks for, by the names of symbol versions in it.
fn glibc(elf: &[u8]) -> (u32, u32) {
    const NAME: &[u8] = b"\0GLIBC_2.";
    let mut newest = (2, 0);
    for (at, _) in elf.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME) {
        let rest = elf.get(at + NAME.len()..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).take(4);
        let minor = digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
        newest = newest.max((2, minor));
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_machine_of_a_program() {
        let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        elf.extend([183, 0, 1, 0]);
        assert_eq!(machine(&elf), Some(Architecture::Arm64.machine()));
        assert_eq!(machine(b"#!/bin/sh"), None);
    }

    #[test]
    fn finds_the_newest_glibc_that_is_asked_for() {
        assert_eq!(glibc(b"\0GLIBC_2.9\0GLIBC_2.17\0GLIBC_2.2.5\0"), (2, 17));
        assert_eq!(glibc(b"\0libc.so.6\0"), (2, 0));
    }
}
