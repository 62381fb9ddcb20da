//! What a plugin for Adit is written with.
//!
//! Adit is a proxy in front of Amazon Bedrock. A plugin is a WebAssembly component that sees a
//! request before the model does ([`Plugin::on_route`], [`Plugin::on_prompt`],
//! [`Plugin::on_request`]) and the answer while it streams ([`Plugin::on_events`],
//! [`Plugin::on_text`]), and learns how it ended ([`Plugin::on_finish`]). A whole plugin:
//!
//! ```
//! use std::rc::Rc;
//! use adit_plugin::{Chunk, NoConfig, Outcome, Plugin, PluginError, RequestContext, TextKinds};
//!
//! struct Upper;
//!
//! impl Plugin for Upper {
//!     type Config = NoConfig;
//!     const WANTS: TextKinds = TextKinds::TEXT;
//!
//!     fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
//!         Self
//!     }
//!
//!     fn on_chunk(&mut self, chunk: Chunk) -> Result<Outcome, PluginError> {
//!         Ok(Outcome::replace(&chunk, chunk.text.to_uppercase()))
//!     }
//! }
//!
//! adit_plugin::register!(Upper: text);
//!
//! let mut upper = adit_plugin::testing::Session::<Upper>::start("{}", adit_plugin::testing::context()).unwrap();
//! assert_eq!(upper.text(&["Hel", "lo"]), "HELLO");
//! ```
//!
//! The library of such a crate is a `cdylib` for the component and an `rlib` for its tests.

mod bindings;
pub mod blobs;
mod client_format;
mod config;
mod constructors;
#[cfg(any(target_family = "wasm", test))]
#[doc(hidden)]
pub mod guest;
pub mod http;
#[cfg(feature = "json")]
mod json;
pub mod kv;
pub mod log;
pub mod metrics;
mod model_format;
mod plugin;
pub mod secrets;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod tool_client;
mod tool_provider;

/// What the imports call: the host, or in tests the one of [`testing`].
#[cfg(target_family = "wasm")]
use bindings::plain::adit::plugin as host;
#[cfg(not(target_family = "wasm"))]
use testing::host;

#[doc(hidden)]
pub use bindings::plain::adit::plugin::types;
pub use bindings::structured::adit::plugin::{chat, formats, tools};
#[doc(hidden)]
pub use wit_bindgen;

/// A type that is no plugin, a hook that does not exist and a hook named twice do not compile:
///
/// ```compile_fail,E0277
/// struct NoPlugin;
/// adit_plugin::register!(NoPlugin: text);
/// ```
///
/// ```compile_fail
/// # use adit_plugin::{NoConfig, Plugin, RequestContext};
/// # struct Nothing;
/// # impl Plugin for Nothing {
/// #     type Config = NoConfig;
/// #     fn start(_: std::rc::Rc<NoConfig>, _: RequestContext) -> Self { Self }
/// # }
/// adit_plugin::register!(Nothing: answer);
/// ```
///
/// ```compile_fail
/// # use adit_plugin::{NoConfig, Plugin, RequestContext};
/// # struct Nothing;
/// # impl Plugin for Nothing {
/// #     type Config = NoConfig;
/// #     fn start(_: std::rc::Rc<NoConfig>, _: RequestContext) -> Self { Self }
/// # }
/// adit_plugin::register!(Nothing: text, text);
/// ```
///
/// Neither does a plugin that speaks no format:
///
/// ```compile_fail,E0277
/// # use adit_plugin::{NoConfig, Plugin, RequestContext};
/// # struct Nothing;
/// # impl Plugin for Nothing {
/// #     type Config = NoConfig;
/// #     fn start(_: std::rc::Rc<NoConfig>, _: RequestContext) -> Self { Self }
/// # }
/// adit_plugin::register!(Nothing: client-format);
/// ```
///
/// ```compile_fail,E0277
/// # use adit_plugin::{NoConfig, Plugin, RequestContext};
/// # struct Nothing;
/// # impl Plugin for Nothing {
/// #     type Config = NoConfig;
/// #     fn start(_: std::rc::Rc<NoConfig>, _: RequestContext) -> Self { Self }
/// # }
/// adit_plugin::register!(Nothing: model-format);
/// ```
///
/// Nor one that offers no tools:
///
/// ```compile_fail,E0277
/// # use adit_plugin::{NoConfig, Plugin, RequestContext};
/// # struct Nothing;
/// # impl Plugin for Nothing {
/// #     type Config = NoConfig;
/// #     fn start(_: std::rc::Rc<NoConfig>, _: RequestContext) -> Self { Self }
/// # }
/// adit_plugin::register!(Nothing: tool-provider);
/// ```
pub use adit_plugin_macros::register;
pub use client_format::ClientFormat;
pub use config::{Config, NoConfig, pointer};
#[cfg(feature = "json")]
pub use json::json_config;
pub use model_format::ModelFormat;
pub use plugin::Plugin;
pub use tool_provider::ToolProvider;
pub use types::{
    Caller, Chunk, ConfigError, Descriptor, Edit, Failure, Label, Origin, Outcome, PluginError,
    PromptVerdict, RequestContext, Role, Route, RouteVerdict, Segment, Summary, TextKind, TextKinds,
    TextVerdict,
};
