//! Where an image or a document stands, by the URL that a client gives.

use super::data_url::{DataUrl, NotBase64, split, strip_scheme};
use super::fault;
use crate::chat::{Part, Remote, RemoteKind, Request, ResultPart};
use crate::error::Failure;

/// Where something stands.
pub(super) enum Location<'a> {
    /// In the request.
    Here(DataUrl<'a>),
    /// In S3: the URI and the key's ending in lower case.
    S3 {
        /// `s3://bucket/key`
        uri: String,
        /// What follows the key's last dot.
        ending: String,
    },
    /// Somewhere on the web.
    Web(&'a str),
    /// This is no URL of a kind that can be read.
    Elsewhere,
}

/// Looks at a URL, which stands at `path`.
pub(super) fn locate<'a>(url: &'a str, path: &str) -> Result<Location<'a>, Failure> {
    let url = url.trim();
    if let Some(data) = split(url) {
        return data.map(Location::Here).map_err(|NotBase64| {
            fault::invalid(path, "has to be a data URL in base64: `data:image/png;base64,...`")
        });
    }
    if let Some(rest) = strip_scheme(url, "s3://") {
        let (bucket, key) = rest.split_once('/').unwrap_or_default();
        if bucket.is_empty() || key.is_empty() {
            return Err(fault::invalid(path, "has to name a bucket and a key: `s3://bucket/key`"));
        }
        return Ok(Location::S3 { uri: format!("s3://{rest}"), ending: ending(key) });
    }
    if strip_scheme(url, "https://").or_else(|| strip_scheme(url, "http://")).is_some() {
        return Ok(Location::Web(url));
    }
    Ok(Location::Elsewhere)
}

/// What follows the last dot of a file's name, in lower case; empty without a dot.
pub(super) fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Refuses a request with images or documents that would have to be fetched.
///
/// For an operator who has not turned fetching on. The 400 names the field and the way out.
pub fn refuse_remote(request: &Request) -> Result<(), Failure> {
    let mut parts = request.messages.iter().flat_map(|message| &message.parts);
    match parts.find_map(remote) {
        Some(Remote { field, kind: RemoteKind::Image, .. }) => Err(fault::unsupported(
            field,
            "has to be a data URL: Adit does not fetch images, so send the bytes as `data:image/png;base64,...`",
        )),
        Some(Remote { field, kind: RemoteKind::Document(_), .. }) => Err(fault::unsupported(
            field,
            "has to be a data URL: Adit does not fetch documents, so send the bytes as `data:application/pdf;base64,...`",
        )),
        None => Ok(()),
    }
}

fn remote(part: &Part) -> Option<&Remote> {
    match part {
        Part::Remote(remote) => Some(remote),
        Part::ToolResult(result) => result.content.iter().find_map(|part| match part {
            ResultPart::Remote(remote) => Some(remote),
            _ => None,
        }),
        _ => None,
    }
}
