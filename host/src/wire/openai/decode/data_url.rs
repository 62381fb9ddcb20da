//! Bytes that stand in the request itself: base64, in a data URL (RFC 2397) or bare.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Takes base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A data URL's parts.
pub(super) struct DataUrl<'a> {
    /// The MIME type in lower case, without its parameters; may be empty.
    pub(super) mime: String,
    /// The bytes, in base64.
    pub(super) data: &'a str,
}

/// Why a data URL cannot be read: it is not in base64.
pub(super) struct NotBase64;

/// Takes a data URL apart; none if the text is something else.
pub(super) fn split(text: &str) -> Option<Result<DataUrl<'_>, NotBase64>> {
    let rest = strip_scheme(text, "data:")?;
    Some(parts(rest).ok_or(NotBase64))
}

fn parts(rest: &str) -> Option<DataUrl<'_>> {
    let (head, data) = rest.split_once(',')?;
    let mut words = head.split(';').map(str::trim);
    let mime = words.next().unwrap_or_default().to_ascii_lowercase();
    words.any(|word| word.eq_ignore_ascii_case("base64")).then_some(DataUrl { mime, data })
}

/// The decoded bytes; none if the base64 is broken or empty. Some encoders break lines.
pub(super) fn bytes(data: &str) -> Option<Vec<u8>> {
    let decoded = if data.bytes().any(|byte| byte.is_ascii_whitespace()) {
        BASE64.decode(data.split_ascii_whitespace().collect::<String>())
    } else {
        BASE64.decode(data)
    };
    decoded.ok().filter(|bytes| !bytes.is_empty())
}

/// Base64 in the one form that every reader takes, padding included.
pub(super) fn canonical(data: &str) -> Option<String> {
    bytes(data).map(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// What follows a URL's scheme, which may stand in capitals.
pub(super) fn strip_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = url.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}
