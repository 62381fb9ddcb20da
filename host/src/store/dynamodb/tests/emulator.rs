//! A DynamoDB of this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(1);

/// A running ministack or, for a second opinion, moto. Ends with the last test that uses it.
pub(crate) struct Emulator {
    child: Child,
    address: SocketAddr,
    _home: TempDir,
}

static RUNNING: Mutex<Weak<Emulator>> = Mutex::new(Weak::new());

impl Emulator {
    /// The one that runs, or a new one. None, and one line on stderr: it is not installed.
    pub(crate) fn running() -> Option<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(this) = running.upgrade() {
            return Some(this);
        }
        let Some(program) = Program::find() else {
            eprintln!("skipped: ministack is not installed (MINISTACK_BIN, or `cargo xtask test`)");
            return None;
        };
        let this = Arc::new(Self::start(&program));
        *running = Arc::downgrade(&this);
        Some(this)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn start(program: &Program) -> Self {
        let home = TempDir::new().unwrap();
        // It takes a number only. Nobody else gets this one meanwhile unless he asks for it by name.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let port = address.port().to_string();
        let mut command = Command::new(program.path());
        match program {
            Program::Ministack(_) => {
                let told =
                    [("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", &port), ("SERVICES", "dynamodb,ssm")];
                command.env_clear().envs(told);
            }
            Program::Moto(_) => {
                let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/end-to-end/moto_in_turn.py");
                command.env_clear().args([script, &port]);
            }
        }
        let mut child = command
            .current_dir(&home)
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "{program:?} ended");
            assert!(begun.elapsed() < PATIENCE, "{program:?} does not listen");
            std::thread::yield_now();
        }
        Self { child, address, _home: home }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is run.
#[derive(Debug)]
enum Program {
    Ministack(PathBuf),
    /// The interpreter of an environment that has moto.
    Moto(PathBuf),
}

impl Program {
    /// Named by the one who runs the tests, or in the environment beside the target folder's binaries.
    fn find() -> Option<Self> {
        if let Some(python) = crate::env::read("MOTO_PYTHON") {
            return Some(Self::Moto(python.into()));
        }
        let named = crate::env::read("MINISTACK_BIN").map(PathBuf::from);
        let beside = || {
            let target = std::env::current_exe().ok()?.ancestors().nth(3)?.join("venv-s3/bin/ministack");
            Some(target)
        };
        named.or_else(beside).filter(|program| program.is_file()).map(Self::Ministack)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Ministack(path) | Self::Moto(path) => path,
        }
    }
}
