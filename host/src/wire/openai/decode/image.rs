//! Images: in the request, in S3, or on the web.

use super::data_url::bytes;
use super::fault;
use super::location::{Location, locate};
use crate::chat::{Blob, MediaType, Remote, RemoteKind, ResultPart, Source};
use crate::error::Failure;

/// Reads the `url` of an image; `path` is its place in the request.
pub(super) fn decode(url: &str, path: &str) -> Result<ResultPart, Failure> {
    let unknown =
        || fault::unsupported(path, "has to be a png, jpeg, gif or webp image: Bedrock takes no others");
    match locate(url, path)? {
        Location::Here(url) => {
            let bytes = bytes(url.data).ok_or_else(|| fault::invalid(path, "holds broken base64"))?;
            let media_type =
                MediaType::sniffed(&bytes).or_else(|| MediaType::labelled(&url.mime)).ok_or_else(unknown)?;
            Ok(ResultPart::Blob(Blob { media_type, source: Source::Bytes(bytes.into()) }))
        }
        Location::S3 { uri, ending } => {
            let media_type = MediaType::labelled(&format!("image/{ending}")).ok_or_else(unknown)?;
            Ok(ResultPart::Blob(Blob { media_type, source: Source::S3(uri) }))
        }
        Location::Web(url) => Ok(ResultPart::Remote(Remote {
            url: url.to_owned(),
            kind: RemoteKind::Image,
            field: path.to_owned(),
        })),
        Location::Elsewhere => Err(fault::unsupported(
            path,
            "has to be a data URL (`data:image/png;base64,...`), an `https://` or an `s3://` address",
        )),
    }
}
