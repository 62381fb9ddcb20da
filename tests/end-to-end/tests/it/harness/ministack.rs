//! Services of AWS on this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use super::built;
use super::process::PATIENCE;

/// A running ministack. Ends with its value.
pub(crate) struct Ministack {
    child: Child,
    pub(super) address: SocketAddr,
    _home: TempDir,
}

impl Ministack {
    /// Starts it with these services, and waits until it listens.
    pub(crate) fn start(services: &str) -> Self {
        let home = TempDir::new().unwrap();
        // It takes a number only. Nobody else gets this one meanwhile unless he asks for it by name.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let mut child = Command::new(built::ministack())
            .current_dir(&home)
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", address.port().to_string())
            .env("SERVICES", services)
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

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it: it is out of reach from now on.
    pub(crate) fn stop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        self.stop();
    }
}
