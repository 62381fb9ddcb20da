//! Images: Amazon Nova Canvas and Titan Image Generator
//! (<https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html>), and Stability AI's models that
//! draw from a text (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html>).

use serde_json::{Value, json};

use super::Invocation;
use super::schema::{self, Schema, optional, required};
use crate::error::ServiceError;

/// What is drawn, whatever is asked for: a PNG of one pixel, in base64.
pub(crate) const IMAGE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// Images in one call of Amazon's.
const MOST_IMAGES: u64 = 5;
const AMAZON_PROMPT: Schema = Schema::Text { least: 1, most: 1024 };
const STABILITY_PROMPT: Schema = Schema::Text { least: 1, most: 10_000 };
const SIDE: Schema = Schema::Whole { least: 256, most: 4096 };
/// The word that filters know.
const FILTERED: &str = "forbidden";
const SEED: Schema = Schema::Whole { least: 0, most: 4_294_967_294 };
static TEXTS: Schema =
    Schema::Object(&[required("text", &AMAZON_PROMPT), optional("negativeText", &AMAZON_PROMPT)]);
static CONFIG: Schema = Schema::Object(&[
    optional("numberOfImages", &Schema::Whole { least: 1, most: MOST_IMAGES }),
    optional("width", &SIDE),
    optional("height", &SIDE),
    optional("seed", &SEED),
    optional("quality", &Schema::Choice(&["standard", "premium"])),
]);
static AMAZON: Schema = Schema::Object(&[
    required("taskType", &Schema::Choice(&["TEXT_IMAGE"])),
    required("textToImageParams", &TEXTS),
    optional("imageGenerationConfig", &CONFIG),
]);
static STABILITY: Schema = Schema::Object(&[
    required("prompt", &STABILITY_PROMPT),
    optional("negative_prompt", &STABILITY_PROMPT),
    optional(
        "aspect_ratio",
        &Schema::Choice(&["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]),
    ),
    optional("seed", &SEED),
    optional("output_format", &Schema::Choice(&["jpeg", "png"])),
]);

pub(super) fn amazon(body: &Value) -> Result<Invocation, ServiceError> {
    schema::check(body, &AMAZON)?;
    let count = body.pointer("/imageGenerationConfig/numberOfImages").and_then(Value::as_u64).unwrap_or(1);
    let images: Vec<&str> = (0..count).map(|_| IMAGE).collect();
    let texts = [body.pointer("/textToImageParams/text"), body.pointer("/textToImageParams/negativeText")];
    let drawn = drawn(&texts, json!({"images": images}));
    if is_filtered(&drawn) {
        return Err(ServiceError::validation("This request has been blocked by our content filters."));
    }
    Ok(drawn)
}

pub(super) fn stability(body: &Value) -> Result<Invocation, ServiceError> {
    schema::check(body, &STABILITY)?;
    let seed = body.get("seed").and_then(Value::as_u64).unwrap_or_default();
    let answer = json!({"seeds": [seed], "finish_reasons": [null], "images": [IMAGE]});
    let mut drawn = drawn(&[body.get("prompt"), body.get("negative_prompt")], answer);
    if is_filtered(&drawn) {
        drawn.answer = json!({"seeds": [], "finish_reasons": ["Filter reason: prompt"], "images": []});
    }
    Ok(drawn)
}

fn drawn(texts: &[Option<&Value>], answer: Value) -> Invocation {
    let texts = texts.iter().copied().flatten().filter_map(Value::as_str).map(str::to_owned);
    Invocation { texts: texts.collect(), answer, input_tokens: None }
}

fn is_filtered(drawn: &Invocation) -> bool {
    drawn.texts.iter().any(|text| text.contains(FILTERED))
}
