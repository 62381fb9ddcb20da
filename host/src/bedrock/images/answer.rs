use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use crate::bedrock::error;
use crate::capability::ImageApi;
use crate::chat::{MediaType, Picture};
use crate::error::{Failure, Kind};

/// What both makers answer, each with members of its own.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    images: Option<Vec<String>>,
    /// Amazon's word on images that it keeps back.
    #[serde(default)]
    error: Option<String>,
    /// Stability's, one for each image; null is fine.
    #[serde(default)]
    finish_reasons: Vec<Option<String>>,
}

/// Reads the images of an answer.
pub(super) fn read(api: ImageApi, body: &[u8]) -> Result<Vec<Picture>, Failure> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| error::unreadable())?;
    let images = answer.images.unwrap_or_default();
    let is_filtered = match api {
        ImageApi::Amazon => answer.error.is_some(),
        ImageApi::Stability => answer.finish_reasons.iter().any(Option::is_some),
    };
    if images.is_empty() && is_filtered {
        let message =
            "the model keeps back what it was asked for: its filters have stepped in; ask for something else";
        return Err(Failure::new(Kind::InvalidRequest, message).with_code("content_filter"));
    }
    let picture = |data: String| {
        let bytes = STANDARD.decode(data).ok()?;
        let media_type = MediaType::sniffed(&bytes)?;
        Some(Picture { media_type, bytes: Bytes::from(bytes) })
    };
    let pictures: Option<Vec<Picture>> = images.into_iter().map(picture).collect();
    pictures.filter(|pictures| !pictures.is_empty()).ok_or_else(error::unreadable)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn images_are_what_their_bytes_say() {
        let body = br#"{"images":["iVBORw0KGgo=","/9j/"]}"#;
        let pictures = read(ImageApi::Amazon, body).unwrap();
        let kinds: Vec<MediaType> = pictures.iter().map(|picture| picture.media_type).collect();
        assert_eq!(kinds, [MediaType::Png, MediaType::Jpeg]);
    }

    #[test]
    fn what_a_filter_keeps_back_is_the_callers_to_change() {
        let kept_back = [
            (ImageApi::Amazon, r#"{"images":[],"error":"blocked"}"#),
            (ImageApi::Stability, r#"{"images":[],"finish_reasons":["Filter reason: prompt"]}"#),
        ];
        for (api, body) in kept_back {
            assert_eq!(read(api, body.as_bytes()).unwrap_err().kind, Kind::InvalidRequest);
        }
        for body in ["{}", "[]", r#"{"images":["?"]}"#, r#"{"images":["AAAA"]}"#] {
            assert_eq!(
                read(ImageApi::Amazon, body.as_bytes()).unwrap_err().kind,
                Kind::UnreadableAnswer,
                "{body}"
            );
        }
    }
}
