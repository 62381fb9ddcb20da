//! Starts the programs and talks to them.

mod answer;
pub(crate) mod built;
mod connection;
mod key;
mod lambda;
mod ministack;
mod process;
mod s3;
mod server;
mod sim;
mod stack;
mod web;

pub(crate) use answer::{Answer, Event};
pub(crate) use connection::{Connection, Stream};
pub(crate) use key::{Key, says};
pub(crate) use ministack::Ministack;
pub(crate) use process::PATIENCE;
pub(crate) use s3::S3;
pub(crate) use server::{LocalOnly, Server, is_skipped};
pub(crate) use stack::{Setup, Stack};
pub(crate) use web::{Web, fine};

/// The model that tests ask for.
pub(crate) const MODEL: &str = "us.amazon.nova-lite-v1:0";
