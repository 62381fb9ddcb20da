//! What clients can read: the models, what was used, and what the operator offers.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{ErrorData, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use super::desk::Desk;
use super::prompts::fill;
use super::tools::{detailed, failed_protocol};
use crate::config::Mcp;
use crate::config::mcp::ResourceContent;

/// What the caller's key has used this month, and what is left.
pub(super) const USAGE: &str = "adit://usage/current";

/// One model.
pub(super) const MODEL: &str = "bedrock://models/{id}";
const MODELS: &str = "bedrock://models/";

const JSON: &str = "application/json";

/// Those that are one thing each.
pub(super) fn listed(settings: &Mcp) -> Vec<Resource> {
    let usage = Resource::new(USAGE, "usage")
        .with_title("What was used")
        .with_description(
            "What the key of this connection has used this month, and what is left of its limits",
        )
        .with_mime_type(JSON);
    let own = settings.resources.iter().filter(|resource| !resource.uri.is_template()).map(|resource| {
        let mut listed =
            Resource::new(resource.uri.as_str(), &*resource.name).with_mime_type(&*resource.mime);
        listed.title.clone_from(&resource.title);
        listed.description.clone_from(&resource.description);
        listed
    });
    std::iter::once(usage).chain(own).collect()
}

/// Those that are many.
pub(super) fn templates(settings: &Mcp) -> Vec<ResourceTemplate> {
    let model = ResourceTemplate::new(MODEL, "model")
        .with_title("A model")
        .with_description("What one model can do, how much it reads and writes, and what it costs")
        .with_mime_type(JSON);
    let own = settings.resources.iter().filter(|resource| resource.uri.is_template()).map(|resource| {
        let mut listed =
            ResourceTemplate::new(resource.uri.as_str(), &*resource.name).with_mime_type(&*resource.mime);
        listed.title.clone_from(&resource.title);
        listed.description.clone_from(&resource.description);
        listed
    });
    std::iter::once(model).chain(own).collect()
}

/// What is in one of them.
pub(super) async fn read(settings: &Mcp, uri: &str, desk: &dyn Desk) -> Result<ResourceContents, ErrorData> {
    let json = |value: serde_json::Value| ResourceContents::text(value.to_string(), uri).with_mime_type(JSON);
    if uri == USAGE {
        return desk.usage(None, None).await.map(json).map_err(|failure| failed_protocol(&failure));
    }
    if let Some(id) = uri.strip_prefix(MODELS) {
        let id = decoded(id);
        let models = desk.models().await.map_err(|failure| failed_protocol(&failure))?;
        let card = models.iter().find(|card| card.id == id).ok_or_else(|| unknown(uri))?;
        return Ok(json(detailed(card)));
    }
    configured(settings, uri).await?.ok_or_else(|| unknown(uri))
}

/// Whether there is one of this name, as far as that can be said without reading it.
pub(super) fn is_known(settings: &Mcp, uri: &str) -> bool {
    uri == USAGE
        || uri.starts_with(MODELS)
        || settings.resources.iter().any(|resource| resource.uri.matches(uri).is_some())
}

/// What is in a resource of the operator's, if it is one.
pub(super) async fn configured(settings: &Mcp, uri: &str) -> Result<Option<ResourceContents>, ErrorData> {
    let mut matching =
        settings.resources.iter().filter_map(|resource| Some((resource, resource.uri.matches(uri)?)));
    let Some((resource, values)) = matching.next() else { return Ok(None) };
    let is_text = is_text(&resource.mime);
    let text = match &resource.content {
        ResourceContent::Text(text) => fill(text, &values),
        ResourceContent::File(file) => match String::from_utf8(bytes(file).await?) {
            Ok(text) if is_text => fill(&text, &values),
            Ok(text) => return Ok(Some(blob(text.as_bytes(), uri, &resource.mime))),
            Err(bytes) => return Ok(Some(blob(bytes.as_bytes(), uri, &resource.mime))),
        },
    };
    Ok(Some(ResourceContents::text(text, uri).with_mime_type(&*resource.mime)))
}

/// A text with its percent-encoded bytes as they are (RFC 3986, section 2.1); what is no text is no model.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex =
            behind.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = hex.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn blob(bytes: &[u8], uri: &str, mime: &str) -> ResourceContents {
    ResourceContents::blob(STANDARD.encode(bytes), uri).with_mime_type(mime)
}

fn is_text(mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || ["application/json", "application/xml", "application/yaml", "application/toml"].contains(&essence)
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}

/// What is in a file of the operator's.
pub(super) async fn bytes(file: &Path) -> Result<Vec<u8>, ErrorData> {
    let owned = file.to_owned();
    let read = tokio::task::spawn_blocking(move || std::fs::read(owned)).await;
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(fault)) => {
            tracing::error!(file = %file.display(), %fault, "a file of `[mcp]` cannot be read");
            Err(ErrorData::internal_error("the server cannot read this at the moment", None))
        }
        Err(_) => Err(ErrorData::internal_error("internal error", None)),
    }
}

/// There is no such resource.
pub(super) fn unknown(uri: &str) -> ErrorData {
    let uri: String = uri.chars().take(500).collect();
    ErrorData::resource_not_found(
        "there is no such resource: see `resources/list`",
        Some(json!({"uri": uri})),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_percent_encoded_is_decoded() {
        for (text, expected) in
            [("a%3A0", "a:0"), ("a:0", "a:0"), ("100%", "100%"), ("%zz%41", "%zzA"), ("%C3%A9", "é")]
        {
            assert_eq!(decoded(text), expected);
        }
    }

    #[test]
    fn what_is_text_shows_in_the_media_type() {
        for (mime, expected) in [
            ("text/markdown", true),
            ("application/json; charset=utf-8", true),
            ("application/problem+json", true),
            ("image/svg+xml", true),
            ("image/png", false),
            ("application/octet-stream", false),
        ] {
            assert_eq!(is_text(mime), expected, "{mime}");
        }
    }
}
