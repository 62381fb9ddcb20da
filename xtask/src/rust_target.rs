//! Rust's standard library for a processor that this machine may not have.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::command::{output, say};
use crate::wasm_toolchain;

/// A way to compile for a target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RustTarget {
    /// The toolchain that builds everything else has the target too.
    Rustup,
    /// Debian's compiler, which builds its own standard library from Debian's sources.
    Debian {
        /// Debian's compiler.
        rustc: PathBuf,
    },
}

impl RustTarget {
    /// Finds a toolchain for the target, or has rustup fetch one.
    pub(crate) fn choose(target: &str) -> anyhow::Result<Self> {
        let sysroot = output(Command::new("rustc").env_remove("RUSTC").args(["--print", "sysroot"]))
            .context("cannot run `rustc --print sysroot`")?;
        if wasm_toolchain::has_library(Path::new(&sysroot), target) {
            return Ok(Self::Rustup);
        }
        if let Some(rustc) = wasm_toolchain::debian_compiler() {
            say(format_args!("{target}: Debian's rustc-web and rust-web-src"));
            return Ok(Self::Debian { rustc });
        }
        say(format_args!("trying `rustup target add {target}`"));
        if wasm_toolchain::rustup_adds(target) && wasm_toolchain::has_library(Path::new(&sysroot), target) {
            return Ok(Self::Rustup);
        }
        bail!("no standard library for {target}. Type this, then try again:\n  rustup target add {target}");
    }

    /// Sets what Cargo needs to build with this toolchain.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        match self {
            Self::Rustup => {}
            Self::Debian { rustc } => {
                // Debian ships the standard library as source; building it is an unstable feature of Cargo.
                cargo.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
                cargo.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_unwind").arg("--skip-target-check");
            }
        }
    }
}
