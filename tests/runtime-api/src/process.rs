//! A process that belongs to an environment, seen from outside.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;
use std::{fs, io};

use rustix::net::{getpeername, sockopt};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, Signal, pidfd_getfd, pidfd_open, pidfd_send_signal};

/// What a process has used since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Time on a processor, of all threads that still run.
    pub cpu: Duration,
    /// The most memory that was in use at once, in bytes.
    pub peak_resident_bytes: u64,
}

/// A handle that means this process for as long as it is kept, whatever becomes of its number.
#[derive(Debug)]
pub(crate) struct Process {
    id: u32,
    handle: OwnedFd,
}

impl Process {
    /// The process with this number, which has to be a child that nobody has waited for.
    pub(crate) fn open(id: u32) -> io::Result<Self> {
        let number = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self { id, handle: pidfd_open(number, PidfdFlags::empty())? })
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Stops it until it is thawed.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        // The only way to fail: it has ended.
        let _ = pidfd_send_signal(&self.handle, signal);
    }

    /// What it has used. Nothing can be said of one that has ended.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.id)).ok()?.flatten() {
            let statistics = fs::read_to_string(thread.path().join("schedstat")).ok();
            let first = statistics.as_deref().and_then(|line| line.split(' ').next()?.parse::<u64>().ok());
            nanoseconds += first.unwrap_or(0);
        }
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(Usage { cpu: Duration::from_nanos(nanoseconds), peak_resident_bytes: kilobytes * 1024 })
    }

    /// For each of its connections to an address: whether small writes leave at once (`TCP_NODELAY`).
    pub(crate) fn no_delay(&self, address: SocketAddr) -> io::Result<Vec<bool>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(format!("/proc/{}/fd", self.id))? {
            let entry = entry?;
            // A descriptor may be closed while we look.
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let (Some(number), true) = (number, target.to_string_lossy().starts_with("socket:")) else {
                continue;
            };
            let Ok(socket) = pidfd_getfd(&self.handle, number, PidfdGetfdFlags::empty()) else { continue };
            let peer = getpeername(&socket).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok());
            if peer == Some(address) {
                found.push(sockopt::tcp_nodelay(&socket)?);
            }
        }
        Ok(found)
    }
}
