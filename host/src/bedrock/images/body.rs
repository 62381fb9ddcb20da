//! Bodies of InvokeModel (Bedrock user guide, "Inference request parameters": Amazon Nova Canvas and Titan Image
//! Generator; Stability AI).

use serde::Serialize;

use crate::capability::ImageApi;
use crate::chat::{ImageRequest, ImageSize};
use crate::error::{Failure, Kind};

/// A body, and what could not be said in it.
pub(super) struct Written {
    pub(super) body: Vec<u8>,
    /// By the names that clients use.
    pub(super) dropped: Vec<String>,
}

/// The shapes that Stability's models make.
const RATIOS: [(&str, u32, u32); 9] = [
    ("1:1", 1, 1),
    ("16:9", 16, 9),
    ("21:9", 21, 9),
    ("2:3", 2, 3),
    ("3:2", 3, 2),
    ("4:5", 4, 5),
    ("5:4", 5, 4),
    ("9:16", 9, 16),
    ("9:21", 9, 21),
];

/// Writes the body of a call.
pub(super) fn write(request: &ImageRequest, api: ImageApi) -> Result<Written, Failure> {
    let mut dropped = Vec::new();
    let body = match api {
        ImageApi::Amazon => serde_json::to_vec(&Amazon {
            task_type: "TEXT_IMAGE",
            text_to_image_params: Texts { text: &request.prompt, negative_text: request.negative.as_deref() },
            image_generation_config: Config {
                number_of_images: request.count,
                width: request.size.map(|size| size.width),
                height: request.size.map(|size| size.height),
                seed: request.seed,
            },
        }),
        ImageApi::Stability => {
            let ratio = request.size.and_then(ratio);
            if request.size.is_some() && ratio.is_none() {
                dropped.push("size".to_owned());
            }
            serde_json::to_vec(&Stability {
                prompt: &request.prompt,
                negative_prompt: request.negative.as_deref(),
                aspect_ratio: ratio,
                seed: request.seed,
                output_format: "png",
            })
        }
    };
    let body = body.map_err(|fault| {
        Failure::new(Kind::Internal, "the request could not be written for Bedrock")
            .with_internal(fault.to_string())
    })?;
    Ok(Written { body, dropped })
}

fn ratio(size: ImageSize) -> Option<&'static str> {
    let fits = |(_, width, height): &&(&str, u32, u32)| {
        u64::from(size.width) * u64::from(*height) == u64::from(size.height) * u64::from(*width)
    };
    RATIOS.iter().find(fits).map(|(name, _, _)| *name)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Amazon<'a> {
    task_type: &'static str,
    text_to_image_params: Texts<'a>,
    image_generation_config: Config,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Texts<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_text: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    number_of_images: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
}

#[derive(Serialize)]
struct Stability<'a> {
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    output_format: &'static str,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use serde_json::{Value, json};

    use super::*;

    fn written(request: &ImageRequest, api: ImageApi) -> (Value, Vec<String>) {
        let Written { body, dropped } = write(request, api).unwrap();
        (serde_json::from_slice(&body).unwrap(), dropped)
    }

    #[test]
    fn each_maker_is_asked_in_its_own_words() {
        let plain = ImageRequest::new("m", "a cat");
        let full = ImageRequest {
            negative: Some("dogs".to_owned()),
            count: 2,
            size: Some(ImageSize { width: 1280, height: 720 }),
            seed: Some(7),
            ..plain.clone()
        };
        assert_eq!(
            written(&plain, ImageApi::Amazon).0,
            json!({"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a cat"},
                "imageGenerationConfig": {"numberOfImages": 1}})
        );
        assert_eq!(
            written(&full, ImageApi::Amazon).0,
            json!({"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a cat", "negativeText": "dogs"},
                "imageGenerationConfig": {"numberOfImages": 2, "width": 1280, "height": 720, "seed": 7}})
        );
        assert_eq!(
            written(&full, ImageApi::Stability),
            (
                json!({"prompt": "a cat", "negative_prompt": "dogs", "aspect_ratio": "16:9", "seed": 7,
                    "output_format": "png"}),
                vec![]
            )
        );
        let odd = ImageRequest { size: Some(ImageSize { width: 1000, height: 999 }), ..plain };
        assert_eq!(
            written(&odd, ImageApi::Stability),
            (json!({"prompt": "a cat", "output_format": "png"}), vec!["size".to_owned()])
        );
    }
}
