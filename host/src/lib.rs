//! Adit: a proxy for Amazon Bedrock, OpenAI-compatible outside, with WebAssembly plugins between.
//!
//! The modules stand in the order in which a request meets them.

// The names of things, what can go wrong, and how files are read.
pub mod env;
pub mod error;
pub mod ids;
pub mod log;
pub mod toml_text;
pub mod unfinished;

// Set up once, from the operator's file.
pub mod capability;
pub mod config;

// How AWS is called.
pub mod aws;

// What an operator has switched on for a key.
pub mod enabled;

// What it may use, and what it used.
pub mod metering;

// Where published plugins come from, and whose word counts.
pub mod catalog;

// What is told of each request.
pub mod telemetry;

// A request comes in, is known by its key, and is read into the one inner vocabulary.
pub mod http;
pub mod ingress;
pub mod store;
pub mod wire;

// The same, for clients of the Model Context Protocol.
pub mod mcp;

pub mod chat;

// What a request names by URL is fetched, if the operator wants that.
pub mod fetch;

// It passes the plugins, reaches the model, and its answer comes back the same way.
pub mod bedrock;
pub mod pipeline;
pub mod plugin;

// How plugins did at that.
pub mod health;

// All of it, put together.
pub mod composition;
pub mod deployed;

// The author's side, and the operator's.
#[cfg(feature = "compiler")]
pub mod author;
pub mod cli;
