//! What the client says about the prompt cache: Anthropic's `cache_control`, which clients of many
//! gateways send, and OpenAI's own `prompt_cache_breakpoint` and `prompt_cache_options`.

use super::body::Body;
use super::dropped::Dropped;
use super::fault;
use super::object::{Text, object};
use crate::chat::{CacheTtl, Caching};
use crate::error::Failure;

object! {
    /// `cache_control`
    pub(super) CacheControl<'a> {
        kind: Text<'a> = "type",
        ttl: Text<'a> = "ttl",
    } ignores ["scope"]
}

object! {
    /// `prompt_cache_breakpoint`
    pub(super) Breakpoint<'a> {
        mode: Text<'a> = "mode",
    } ignores []
}

object! {
    /// `prompt_cache_options`
    Options<'a> {
        mode: Text<'a> = "mode",
        ttl: Text<'a> = "ttl",
    } ignores []
}

/// What `prompt_cache_options` say.
pub(super) struct CacheOptions {
    /// Who marks what is worth keeping.
    pub(super) caching: Caching,
    /// How long what a `prompt_cache_breakpoint` marks is kept.
    pub(super) breakpoint: CacheTtl,
}

/// Reads `prompt_cache_options`.
pub(super) fn options(body: &Body<'_>, dropped: &mut Dropped) -> Result<CacheOptions, Failure> {
    let options: Options<'_> = body.read("prompt_cache_options")?.unwrap_or_default();
    dropped.note_unknown("prompt_cache_options", &options.unknown);
    let breakpoint = match options.ttl {
        Some(ttl) => ttl_of(ttl.as_str(), "prompt_cache_options.ttl")?,
        None => CacheTtl::Default,
    };
    let caching = match options.mode.as_ref().map(Text::as_str) {
        Some("implicit") => Caching::Automatic,
        Some("explicit") | None => Caching::ByClient,
        Some(_) => {
            return Err(fault::invalid("prompt_cache_options.mode", "has to be `implicit` or `explicit`"));
        }
    };
    if caching == Caching::Automatic && breakpoint != CacheTtl::Default {
        // Adit's own marks have the time that the operator chose.
        dropped.note("prompt_cache_options.ttl");
    }
    Ok(CacheOptions { caching, breakpoint })
}

/// Reads `cache_control`, which stands in the object at `path`.
pub(super) fn control(control: &CacheControl<'_>, path: &str) -> Result<CacheTtl, Failure> {
    let path = format!("{path}.cache_control");
    if control.kind.as_ref().is_none_or(|kind| kind.as_str() != "ephemeral") {
        return Err(fault::invalid(&format!("{path}.type"), "has to be `ephemeral`"));
    }
    match &control.ttl {
        Some(ttl) => ttl_of(ttl.as_str(), &format!("{path}.ttl")),
        None => Ok(CacheTtl::Default),
    }
}

/// Checks `prompt_cache_breakpoint`, which stands in the object at `path`.
pub(super) fn check_breakpoint(breakpoint: &Breakpoint<'_>, path: &str) -> Result<(), Failure> {
    match breakpoint.mode.as_ref().map(Text::as_str) {
        Some("explicit") | None => Ok(()),
        Some(_) => {
            Err(fault::invalid(&format!("{path}.prompt_cache_breakpoint.mode"), "has to be `explicit`"))
        }
    }
}

/// Bedrock keeps for 5 minutes or for an hour; OpenAI's half hour is within the hour.
fn ttl_of(ttl: &str, path: &str) -> Result<CacheTtl, Failure> {
    match ttl {
        "5m" => Ok(CacheTtl::FiveMinutes),
        "30m" | "1h" => Ok(CacheTtl::OneHour),
        _ => Err(fault::invalid(path, "has to be `5m` or `1h`: Bedrock keeps nothing longer")),
    }
}
