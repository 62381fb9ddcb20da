//! A DynamoDB of this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(1);

/// A running ministack. Ends with the last test that uses it.
pub(crate) struct Ministack {
    child: Child,
    address: SocketAddr,
    _home: TempDir,
}

static RUNNING: Mutex<Weak<Ministack>> = Mutex::new(Weak::new());

impl Ministack {
    /// The one that runs, or a new one. None, and one line on stderr: it is not installed.
    pub(crate) fn running() -> Option<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(this) = running.upgrade() {
            return Some(this);
        }
        let Some(program) = program() else {
            eprintln!("skipped: ministack is not installed (MINISTACK_BIN, or `cargo xtask test`)");
            return None;
        };
        let this = Arc::new(Self::start(program));
        *running = Arc::downgrade(&this);
        Some(this)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn start(program: PathBuf) -> Self {
        let home = TempDir::new().unwrap();
        // It takes a number only. Nobody else gets this one meanwhile unless he asks for it by name.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let mut child = Command::new(program)
            .current_dir(&home)
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", address.port().to_string())
            .env("SERVICES", "dynamodb,ssm")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "ministack ended");
            assert!(begun.elapsed() < PATIENCE, "ministack does not listen");
            std::thread::yield_now();
        }
        Self { child, address, _home: home }
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Named by the one who runs the tests, or in the environment beside the target folder's binaries.
fn program() -> Option<PathBuf> {
    let named = crate::env::read("MINISTACK_BIN").map(PathBuf::from);
    let beside = || {
        let target = std::env::current_exe().ok()?.ancestors().nth(3)?.join("venv-s3/bin/ministack");
        Some(target)
    };
    named.or_else(beside).filter(|program| program.is_file())
}
