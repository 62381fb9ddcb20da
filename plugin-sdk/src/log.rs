//! Lines in the operator's log: 64 a request, of 2 KiB. Never write text of a prompt or an answer there.

use crate::host::log as host;

pub use crate::bindings::plain::adit::plugin::log::Level;

/// Writes a line.
pub fn write(level: Level, message: impl AsRef<str>) {
    host::write(level, message.as_ref());
}

/// Writes a line for who looks for a fault.
pub fn debug(message: impl AsRef<str>) {
    write(Level::Debug, message);
}

/// Writes a line about what is as it should be.
pub fn info(message: impl AsRef<str>) {
    write(Level::Info, message);
}

/// Writes a line about what the operator should look at some day.
pub fn warn(message: impl AsRef<str>) {
    write(Level::Warn, message);
}

/// Writes a line about what the operator should look at now.
pub fn error(message: impl AsRef<str>) {
    write(Level::Error, message);
}
