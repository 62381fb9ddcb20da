//! The programs as operators run them and clients see them: real processes, real sockets, real components.
//!
//! `cargo xtask test` builds what these tests run.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod harness;

mod as_requested;
mod audit;
mod author;
mod bedrock_key;
mod breaker;
mod catalog;
mod client_format;
mod client_leaves;
mod dynamodb;
mod embeddings;
mod event_hooks;
mod explain;
mod failure_policy;
mod finish_hooks;
mod first_write;
mod grants;
mod guard;
mod guardrails;
mod hostile_plugins;
mod hot_change;
mod key_faults;
mod key_life;
mod key_policy;
mod killed;
mod lambda;
mod languages;
mod limits;
mod log_secrecy;
mod mcp;
mod model_format;
mod passthrough;
mod patience;
mod plugin_chain;
mod plugin_limits;
mod plugin_status;
mod precompile;
mod proxy;
mod redaction;
mod refused_plugins;
mod regions;
mod released_plugins;
mod remote_files;
mod request_faults;
mod request_hooks;
mod response_cache;
mod reuse;
mod rollout;
mod switches;
mod teams;
mod telemetry;
mod thinking;
mod threats;
mod tools_of_plugins;
mod upstream_faults;
mod usage;
mod usage_command;
