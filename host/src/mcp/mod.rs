//! The Model Context Protocol, over streamable HTTP: Adit's models, usage and plugins as tools, resources and prompts
//! (<https://modelcontextprotocol.io/specification>).
//!
//! Two eras of the protocol share one endpoint. Up to 2025-11-25 a client shakes hands and has a session, which the
//! store keeps; from 2026-07-28 on each request stands for itself. [`Endpoint`] is the door of both, [`Desk`] is what
//! a tool asks Adit for, on behalf of the caller of one request.

#![expect(deprecated, reason = "what is on its way out of the protocol is what the older era needs")]

mod arguments;
mod asked;
mod client;
mod completion;
mod desk;
mod endpoint;
mod error;
mod kept;
mod live;
mod offered;
mod prompts;
mod resources;
mod sealed;
mod server;
mod tools;

pub use desk::{Desk, ModelCard};
pub use endpoint::{Answer, Endpoint, Mode, Visit, can_wait, id_of};
pub use error::{Code, error_body};
