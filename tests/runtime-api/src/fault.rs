//! What a function does that it should not.

/// Something that Lambda would not take, or that it would call an error of the function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An answer to an invocation that this environment does not have, or has answered before.
    #[error("`{path}` is about no invocation that waits for an answer")]
    UnknownInvocation {
        /// What was asked for.
        path: String,
    },
    /// A path or a method that the Runtime API does not have.
    #[error("the Runtime API has no `{method} {path}`")]
    UnknownRoute {
        /// The method.
        method: String,
        /// The path.
        path: String,
    },
    /// It asks for work while it has as much as it may have.
    #[error("the next invocation was asked for before the last one was answered")]
    PolledWhileBusy,
    /// A streamed response does not begin as an HTTP response.
    #[error("a streamed response begins wrongly: {0}")]
    Prelude(String),
    /// A buffered response is not an HTTP response.
    #[error("a buffered response is none of HTTP: {0}")]
    Buffered(String),
    /// The body of a response ended before it was complete.
    #[error("the body of a response was cut off")]
    CutOff,
    /// A stream ended with an error, told in trailers.
    #[error("a stream ended with an error of type `{0}`")]
    Stream(String),
    /// The words in which a runtime tells of an error in a stream stand in the body, where the client reads them.
    #[error("the text of the runtime stands in a response body")]
    RuntimeText,
    /// An invocation ended with an error.
    #[error("an invocation ended with an error: {0}")]
    Function(String),
    /// An environment could not start, and said so.
    #[error("an environment could not start: {0}")]
    Init(String),
    /// A program could not be started at all.
    #[error("the program cannot be started: {0}")]
    Spawn(String),
    /// A program ended by itself.
    #[error("an environment ended: {0}")]
    Exited(String),
    /// An environment did not ask for its first invocation in time.
    #[error("an environment took too long to start")]
    InitTimeout,
    /// An invocation took longer than it may, and its environment was killed.
    #[error("an invocation took longer than the function's timeout")]
    Timeout,
}
