//! Images stand in the request itself, as data URLs (RFC 2397).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::fault;
use crate::chat::{Blob, MediaType, Source};
use crate::error::Failure;

/// Takes base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the `url` of an image; `path` is its place in the request.
pub(super) fn decode(url: &str, path: &str) -> Result<Blob, Failure> {
    let Some(rest) = strip_prefix_ignoring_case(url.trim(), "data:") else {
        return Err(fault::unsupported(
            path,
            "has to be a data URL: Adit does not fetch images, so send the bytes as `data:image/png;base64,...`",
        ));
    };
    let not_base64 = || fault::invalid(path, "has to be a data URL in base64: `data:image/png;base64,...`");
    let (head, data) = rest.split_once(',').ok_or_else(not_base64)?;
    let mut words = head.split(';').map(str::trim);
    let label = labelled(words.next().unwrap_or_default());
    if !words.any(|word| word.eq_ignore_ascii_case("base64")) {
        return Err(not_base64());
    }
    let bytes = bytes(data).ok_or_else(|| fault::invalid(path, "holds broken base64"))?;
    let media_type = sniffed(&bytes).or(label).ok_or_else(|| {
        fault::unsupported(path, "has to be a png, jpeg, gif or webp image: Bedrock takes no others")
    })?;
    Ok(Blob { media_type, source: Source::Bytes(bytes.into()) })
}

/// The decoded bytes; none if the base64 is broken or empty. Some encoders break lines.
fn bytes(data: &str) -> Option<Vec<u8>> {
    let decoded = if data.bytes().any(|byte| byte.is_ascii_whitespace()) {
        BASE64.decode(data.split_ascii_whitespace().collect::<String>())
    } else {
        BASE64.decode(data)
    };
    decoded.ok().filter(|bytes| !bytes.is_empty())
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// By the bytes themselves, which know better than the label.
fn sniffed(bytes: &[u8]) -> Option<MediaType> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(MediaType::Png),
        [0xff, 0xd8, 0xff, ..] => Some(MediaType::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaType::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaType::Webp),
        _ => None,
    }
}

/// By the MIME type; `image/jpg` is wrong and common.
fn labelled(mime: &str) -> Option<MediaType> {
    match mime.to_ascii_lowercase().as_str() {
        "image/png" => Some(MediaType::Png),
        "image/jpeg" | "image/jpg" => Some(MediaType::Jpeg),
        "image/gif" => Some(MediaType::Gif),
        "image/webp" => Some(MediaType::Webp),
        _ => None,
    }
}
