//! What imports mean to an operator.

use crate::enabled::Capability;

/// What an import of the contract gives a plugin.
pub(super) fn meaning(capability: Capability) -> &'static str {
    match capability {
        Capability::Log => "writes lines into the operator's log",
        Capability::Metrics => "counts and measures; `adit plugin status` shows it",
        Capability::Kv => "keeps small values that outlive a request, apart for each tenant",
        Capability::Secrets => "has secrets put into headers of its HTTP requests; it never reads one",
        Capability::Http => "sends HTTP requests to hosts that the operator lists",
        Capability::Blobs => "reads the bytes of images and documents",
        Capability::ToolClient => "tells the client of a tool call how far it is",
    }
}

/// What a package of WASI means here.
pub(super) fn wasi(name: &str) -> Option<&'static str> {
    let package = name.strip_prefix("wasi:")?.split(['/', '@']).next()?;
    Some(match package {
        "cli" => "no arguments and no environment; what it prints goes to the log",
        "clocks" => "clocks of one millisecond",
        "filesystem" => "no files",
        "io" => "plumbing of the others",
        "random" => "random numbers",
        _ => return None,
    })
}
