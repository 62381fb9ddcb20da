//! The stand-in over loopback HTTP, byte for byte.

mod client;
mod faults;
mod introspection;
mod protocol;
