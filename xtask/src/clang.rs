//! What plugins in C are compiled with.

use std::process::{Command, Stdio};

use crate::command::{output, say};
use crate::debian;
use crate::workspace::Workspace;

const PACKAGES: [&str; 5] = ["clang", "lld", "libclang-rt-dev-wasm32", "make", "wasi-libc"];

/// Whether plugins in C can be built. Where that needs no question, what is missing is installed.
pub(crate) fn ready(workspace: &Workspace) -> bool {
    if compiles(workspace) {
        return true;
    }
    if debian::may_install() {
        say(format_args!("installing {}", PACKAGES.join(", ")));
        if debian::install(&PACKAGES).is_ok() && compiles(workspace) {
            return true;
        }
    }
    say(format_args!(
        "no clang for wasm32-wasi, so the plugin in C is not tested; `sudo apt-get install --no-install-recommends {}` \
         would give one",
        PACKAGES.join(" ")
    ));
    false
}

/// Whether there is `make`, and a compiler with a linker, a C library and what the compiler itself relies on.
fn compiles(workspace: &Workspace) -> bool {
    let mut clang = Command::new("clang");
    clang.args([
        "--target=wasm32-wasi",
        "-mexec-model=reactor",
        "-include",
        "stdio.h",
        "-x",
        "c",
        "/dev/null",
    ]);
    clang.arg("-o").arg(workspace.target.join("empty.wasm")).stderr(Stdio::null());
    debian::has_program("make") && output(&mut clang).is_some()
}
