//! Converse and ConverseStream: what is asked, whether it may be, and what is answered.

pub(crate) mod answer;
pub(crate) mod count;
pub(crate) mod guardrail;
pub(crate) mod model;
pub(crate) mod request;
pub(crate) mod tokens;
mod tool_calls;
pub(crate) mod validate;
