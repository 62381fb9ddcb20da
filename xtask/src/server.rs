//! A server as a child process: started, heard, ended.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::command::say;

/// How long a server may take to end by itself.
const GOODBYE: Duration = Duration::from_secs(5);

/// What can end the wait for Ctrl-C.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The person pressed Ctrl-C, or another program asked xtask to end.
    Stop,
    /// A server has closed its output, which it does only by ending.
    Ended(&'static str),
}

/// A running server.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    /// Where it listens, in its own words: `http://127.0.0.1:PORT`.
    pub(crate) address: String,
    /// Closed when the server has ended.
    ended: Receiver<()>,
}

impl Server {
    /// Starts a server and waits until it says where it listens.
    ///
    /// Its later output goes to ours, and its end to `events`.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        events: Sender<Event>,
    ) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        let mut lines = BufReader::new(child.stdout.take().context("the output is piped")?).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let Some(address) = first.strip_prefix("listening on ") else {
            let status = child.wait()?;
            bail!("`{name}` did not start ({status})");
        };
        let (alive, ended) = channel::<()>();
        std::thread::spawn(move || {
            let _alive = alive;
            for line in lines.map_while(Result::ok) {
                println!("{name}: {line}");
            }
            // Nobody listens any more when xtask itself is ending.
            let _ = events.send(Event::Ended(name));
        });
        Ok(Self { name, child, address: address.to_owned(), ended })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        signal("TERM", self.child.id());
        if self.ended.recv_timeout(GOODBYE) == Err(RecvTimeoutError::Timeout) {
            // An error means that it has just ended.
            let _ = self.child.kill();
        }
        match self.child.wait() {
            Ok(status) => say(format_args!("`{}` ended ({status})", self.name)),
            Err(fault) => say(format_args!("`{}` cannot be waited for: {fault}", self.name)),
        }
    }
}

/// Sends a signal, by name, to a process. The standard library can only kill.
pub(crate) fn signal(name: &str, id: u32) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("kill -{name} {id}")]).stdin(Stdio::null()).stderr(Stdio::null());
    // A process that has ended already needs no signal.
    let _ = shell.status();
}

/// Sends [`Event::Stop`] on Ctrl-C and on a request to end.
pub(crate) fn watch_signals(events: Sender<Event>) -> anyhow::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if events.send(Event::Stop).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Waits until there is a reason to end.
pub(crate) fn wait(events: &Receiver<Event>) -> anyhow::Result<()> {
    match events.recv()? {
        Event::Stop => Ok(()),
        Event::Ended(name) => match events.recv_timeout(Duration::from_millis(500)) {
            // Ctrl-C reaches the servers at the same moment as xtask.
            Ok(Event::Stop) => Ok(()),
            _ => bail!("`{name}` has ended by itself; its last lines say why"),
        },
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn reads_the_address_and_hears_the_end() {
        let (sender, events) = channel();
        let server =
            Server::start("one", &mut shell("echo listening on http://127.0.0.1:1; echo more"), sender)
                .unwrap();
        assert_eq!(server.address, "http://127.0.0.1:1");
        assert_eq!(events.recv().unwrap(), Event::Ended("one"));
    }

    #[test]
    fn a_server_that_does_not_listen_is_an_error() {
        let (sender, _events) = channel();
        let error = Server::start("one", &mut shell("exit 3"), sender).err().unwrap();
        assert_eq!(error.to_string(), "`one` did not start (exit status: 3)");
    }

    #[test]
    fn dropping_a_server_ends_it() {
        let (sender, events) = channel();
        let mut command = shell("echo listening on http://127.0.0.1:1; exec sleep 600");
        drop(Server::start("one", &mut command, sender).unwrap());
        assert_eq!(events.recv().unwrap(), Event::Ended("one"));
    }

    #[test]
    fn a_server_that_ends_is_an_error_unless_ctrl_c_was_pressed() {
        let (sender, events) = channel();
        sender.send(Event::Ended("one")).unwrap();
        assert!(wait(&events).unwrap_err().to_string().starts_with("`one` has ended by itself"));
        sender.send(Event::Ended("one")).unwrap();
        sender.send(Event::Stop).unwrap();
        assert!(wait(&events).is_ok());
    }
}
