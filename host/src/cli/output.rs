//! Printing that does not fail when the reader has gone, as in `adit key list | head -1`.

use std::io::{self, Write};

use serde::Serialize;

/// Prints the result of a command.
pub(super) fn result(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Prints the result of a command as one JSON document.
pub(super) fn json(document: &impl Serialize) -> anyhow::Result<()> {
    Ok(result(&serde_json::to_string_pretty(document)?)?)
}

/// Tells the operator something beside the result, on stderr.
pub(super) fn note(text: &str) {
    // There is nowhere left to say that stderr is closed.
    let _ = writeln!(io::stderr(), "{text}");
}
