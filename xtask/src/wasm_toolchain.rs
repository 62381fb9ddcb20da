//! What builds the plugins: a compiler with the standard library of `wasm32-wasip2`.
//!
//! Most machines get it from rustup. Where rustup cannot download, Debian's packages do: their compiler
//! (newer than ours, and used for nothing else) builds its own standard library, and the linker is the
//! one that rustup's toolchain brings along.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::command::{output, say};
use crate::debian;

/// The target that makes components.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// The target of older toolchains, which makes core modules.
pub(crate) const CORE_TARGET: &str = "wasm32-wasip1";

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "wasi-libc"];

/// How long rustup may try to download. Behind a firewall it would hang for many minutes.
const RUSTUP_PATIENCE: Duration = Duration::from_mins(1);

/// A way to compile for [`TARGET`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The toolchain that builds everything else has the target too.
    Rustup,
    /// Debian's compiler, library sources and libc, with rustup's linker.
    Debian {
        /// Debian's compiler.
        rustc: PathBuf,
        /// The folder of Debian's `libc.a` for WASI.
        libc: PathBuf,
        /// The folder of rustup's linkers.
        linkers: PathBuf,
    },
}

impl WasmToolchain {
    /// Finds a toolchain, or installs one where that needs no question.
    pub(crate) fn choose() -> anyhow::Result<Self> {
        let sysroot = output(Command::new("rustc").env_remove("RUSTC").args(["--print", "sysroot"]))
            .map(PathBuf::from)
            .context("cannot run `rustc --print sysroot`")?;

        if has_target(&sysroot) {
            say(format_args!("wasm toolchain: rustup's, it has the target {TARGET}"));
            return Ok(Self::Rustup);
        }
        if let Some(debian) = Self::debian(&sysroot)? {
            say("wasm toolchain: Debian's rustc-web, rust-web-src and wasi-libc");
            return Ok(debian);
        }

        say(format_args!(
            "wasm toolchain: trying `rustup target add {TARGET}`, for at most {} s",
            RUSTUP_PATIENCE.as_secs()
        ));
        if rustup_adds(TARGET) && has_target(&sysroot) {
            return Ok(Self::Rustup);
        }

        if debian::may_install() {
            say(format_args!("wasm toolchain: rustup gave none; installing {}", DEBIAN_PACKAGES.join(", ")));
            debian::install(&DEBIAN_PACKAGES)?;
            if let Some(debian) = Self::debian(&sysroot)? {
                return Ok(debian);
            }
        }
        bail!(
            "no compiler for {TARGET}. Type one of these, then try again:\n  rustup target add {TARGET}\n  \
             sudo apt-get install --no-install-recommends {}",
            DEBIAN_PACKAGES.join(" ")
        );
    }

    fn debian(sysroot: &Path) -> anyhow::Result<Option<Self>> {
        let (Some(compiler), Some(sources), Some(libc)) =
            (package_files("rustc-web"), package_files("rust-web-src"), package_files("wasi-libc"))
        else {
            return Ok(None);
        };
        let Some(rustc) = rustc_among(compiler) else {
            return Ok(None);
        };
        let Some(libc) = libc.into_iter().find(|file| file.ends_with("wasm32-wasi/libc.a")) else {
            return Ok(None);
        };
        if sources.is_empty() {
            return Ok(None);
        }
        let libc = libc.parent().context("`libc.a` lies in no folder")?.to_owned();
        let host = output(Command::new("rustc").env_remove("RUSTC").args(["--print", "host-tuple"]))
            .context("cannot run `rustc --print host-tuple`")?;
        let linkers = sysroot.join("lib/rustlib").join(host).join("bin");
        if !linkers.join("wasm-component-ld").is_file() {
            bail!(
                "`{}` has no `wasm-component-ld`, which rustup's toolchains bring along",
                linkers.display()
            );
        }
        Ok(Some(Self::Debian { rustc, libc, linkers }))
    }

    /// Whether it can build for [`CORE_TARGET`] too.
    pub(crate) fn builds_core_modules(&self) -> bool {
        match self {
            Self::Rustup => {
                let sysroot = output(Command::new("rustc").env_remove("RUSTC").args(["--print", "sysroot"]));
                sysroot.is_some_and(|sysroot| has_library(Path::new(&sysroot), CORE_TARGET))
            }
            // Its sources and its libc are for both.
            Self::Debian { .. } => true,
        }
    }

    /// What [`WasmToolchain::apply`] sets, a variable a line.
    pub(crate) fn environment(&self) -> String {
        let mut cargo = Command::new("cargo");
        self.apply(&mut cargo);
        let set = cargo.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
        set.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
    }

    /// Sets what Cargo needs to build for [`TARGET`] with this toolchain.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        match self {
            Self::Rustup => {}
            Self::Debian { rustc, libc, linkers } => {
                cargo
                    .env("RUSTC", rustc)
                    // Debian ships the standard library as source; building it is an unstable feature of Cargo.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
                    .env("CARGO_TARGET_WASM32_WASIP2_LINKER", linkers.join("wasm-component-ld"))
                    .env(
                        "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
                        format!(
                            "-Clink-self-contained=no -L{} -Clink-arg=--wasm-ld-path={}",
                            libc.display(),
                            linkers.join("gcc-ld/wasm-ld").display()
                        ),
                    )
                    .env("CARGO_TARGET_WASM32_WASIP1_LINKER", linkers.join("rust-lld"))
                    .env(
                        "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS",
                        format!("-Clink-self-contained=no -L{}", libc.display()),
                    );
            }
        }
    }
}

/// Whether the sysroot holds the target's standard library.
fn has_target(sysroot: &Path) -> bool {
    has_library(sysroot, TARGET)
}

/// Whether the sysroot holds the standard library of some target.
pub(crate) fn has_library(sysroot: &Path, target: &str) -> bool {
    let Ok(files) = std::fs::read_dir(sysroot.join("lib/rustlib").join(target).join("lib")) else {
        return false;
    };
    files.flatten().any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

/// Debian's compiler, if it is there with the sources of its standard library.
pub(crate) fn debian_compiler() -> Option<PathBuf> {
    let sources = package_files("rust-web-src")?;
    let rustc = rustc_among(package_files("rustc-web")?)?;
    (!sources.is_empty()).then_some(rustc)
}

fn rustc_among(files: Vec<PathBuf>) -> Option<PathBuf> {
    files.into_iter().find(|file| file.ends_with("bin/rustc"))
}

/// The files of an installed Debian package.
fn package_files(package: &str) -> Option<Vec<PathBuf>> {
    let list = output(Command::new("dpkg").args(["--listfiles", package]).stderr(Stdio::null()))?;
    Some(list.lines().map(PathBuf::from).filter(|path| path.is_file()).collect())
}

/// Has rustup fetch a standard library, for at most [`RUSTUP_PATIENCE`].
pub(crate) fn rustup_adds(target: &str) -> bool {
    let child = Command::new("rustup").args(["target", "add", target]).stdin(Stdio::null()).spawn();
    child.is_ok_and(|child| ends_well_within(child, RUSTUP_PATIENCE))
}

/// Waits for a program; one that takes longer is ended.
fn ends_well_within(mut child: Child, patience: Duration) -> bool {
    let (ended, end) = mpsc::channel();
    let id = child.id();
    let waiter = std::thread::spawn(move || {
        let success = child.wait().is_ok_and(|status| status.success());
        // Nobody listens any more when the patience has run out.
        let _ = ended.send(success);
    });
    end.recv_timeout(patience).unwrap_or_else(|_| {
        crate::server::signal("KILL", id);
        // Nothing is left behind.
        let _ = waiter.join();
        false
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn rustup_needs_no_environment() {
        let mut cargo = Command::new("cargo");
        WasmToolchain::Rustup.apply(&mut cargo);
        assert_eq!(cargo.get_envs().count(), 0);
    }

    #[test]
    fn debian_compiles_with_its_own_rustc_and_links_with_rustups_linker() {
        let mut cargo = Command::new("cargo");
        let debian =
            WasmToolchain::Debian { rustc: "/r/rustc".into(), libc: "/c".into(), linkers: "/l".into() };
        debian.apply(&mut cargo);
        let environment: Vec<String> = cargo
            .get_envs()
            .map(|(name, value)| format!("{}={}", name.display(), value.unwrap().display()))
            .collect();
        assert_eq!(
            environment,
            [
                "CARGO_TARGET_WASM32_WASIP1_LINKER=/l/rust-lld",
                "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS=-Clink-self-contained=no -L/c",
                "CARGO_TARGET_WASM32_WASIP2_LINKER=/l/wasm-component-ld",
                "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS=-Clink-self-contained=no -L/c -Clink-arg=--wasm-ld-path=/l/gcc-ld/wasm-ld",
                "CARGO_UNSTABLE_BUILD_STD=std,panic_abort",
                "RUSTC=/r/rustc",
                "RUSTC_BOOTSTRAP=1",
            ]
        );
    }

    #[test]
    fn a_sysroot_has_a_target_when_its_standard_library_is_there() {
        let sysroot = std::env::temp_dir().join(format!("adit-xtask-sysroot-{}", std::process::id()));
        let lib = sysroot.join("lib/rustlib").join(TARGET).join("lib");
        std::fs::create_dir_all(&lib).unwrap();
        assert!(!has_target(&sysroot));
        std::fs::write(lib.join("libstd-0.rlib"), "").unwrap();
        assert!(has_target(&sysroot));
        std::fs::remove_dir_all(&sysroot).unwrap();
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let hanging = Command::new("sleep").arg("600").spawn().unwrap();
        assert!(!ends_well_within(hanging, Duration::from_millis(10)));
        let quick = Command::new("true").spawn().unwrap();
        assert!(ends_well_within(quick, Duration::from_mins(1)));
    }
}
