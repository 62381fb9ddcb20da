//! The stand-in over loopback HTTP, byte for byte.

mod chat;
mod client;
mod faults;
mod introspection;
mod invoke;
mod protocol;
