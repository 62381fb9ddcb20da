//! What is printed upon.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::process::{Command, Stdio};

use crate::env;

/// How wide lines are, and what can be drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) width: usize,
    pub(super) drawing: Drawing,
}

/// What bars are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawing {
    /// Blocks of Unicode.
    Blocks,
    /// ASCII, for files and programs.
    Plain,
}

/// Where nothing is known.
const USUAL: usize = 80;

impl Screen {
    /// The terminal, or plain text of 80 columns if stdout is something else.
    pub(super) fn of_stdout() -> Self {
        if !io::stdout().is_terminal() {
            return Self { width: USUAL, drawing: Drawing::Plain };
        }
        let told = env::read(env::COLUMNS).and_then(|text| text.parse().ok());
        let width = told.or_else(terminal_columns).filter(|width| (40..=1000).contains(width));
        Self { width: width.unwrap_or(USUAL), drawing: Drawing::Blocks }
    }
}

/// What `stty size` says of the terminal: its rows and columns. The standard library cannot ask.
fn terminal_columns() -> Option<usize> {
    let terminal = File::open("/dev/tty").ok()?;
    let output = Command::new("stty").arg("size").stdin(terminal).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.split_whitespace().nth(1)?.parse().ok()
}
