//! Paths: which operation a request names.

use hyper::Method;
use percent_encoding::percent_decode_str;

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Converse { model: String, streaming: bool },
    CountTokens { model: String },
    InvokeModel { model: String, streaming: bool },
    ChatCompletions,
    ListFoundationModels,
    ListInferenceProfiles,
    GetInferenceProfile { id: String },
    Introspection(Introspection),
    Unknown,
}

/// The paths beside the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Introspection {
    Requests,
    LastRequest,
    ClearRequests,
    SetScript,
    ClearScript,
}

impl Route {
    /// A model id is ONE segment: its slashes come as `%2F`. It is decoded once.
    pub(crate) fn parse(method: &Method, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["model", model, operation]) => match (decoded(model), *operation) {
                (Some(model), "converse") => Self::Converse { model, streaming: false },
                (Some(model), "converse-stream") => Self::Converse { model, streaming: true },
                (Some(model), "count-tokens") => Self::CountTokens { model },
                (Some(model), "invoke") => Self::InvokeModel { model, streaming: false },
                (Some(model), "invoke-with-response-stream") => Self::InvokeModel { model, streaming: true },
                _ => Self::Unknown,
            },
            ("POST", ["openai", "v1", "chat", "completions"]) => Self::ChatCompletions,
            ("GET", ["foundation-models"]) => Self::ListFoundationModels,
            ("GET", ["inference-profiles"]) => Self::ListInferenceProfiles,
            ("GET", ["inference-profiles", id]) => {
                decoded(id).map_or(Self::Unknown, |id| Self::GetInferenceProfile { id })
            }
            ("GET", ["_sim", "requests"]) => Self::Introspection(Introspection::Requests),
            ("GET", ["_sim", "requests", "last"]) => Self::Introspection(Introspection::LastRequest),
            ("DELETE", ["_sim", "requests"]) => Self::Introspection(Introspection::ClearRequests),
            ("PUT", ["_sim", "script"]) => Self::Introspection(Introspection::SetScript),
            ("DELETE", ["_sim", "script"]) => Self::Introspection(Introspection::ClearScript),
            _ => Self::Unknown,
        }
    }

    pub(crate) fn model(&self) -> Option<&str> {
        match self {
            Self::Converse { model, .. } | Self::CountTokens { model } | Self::InvokeModel { model, .. } => {
                Some(model)
            }
            _ => None,
        }
    }

    /// AWS's name of the operation; of the OpenAI-compatible endpoint, which has none, OpenAI's.
    pub(crate) fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Converse { streaming: false, .. } => Some("Converse"),
            Self::Converse { streaming: true, .. } => Some("ConverseStream"),
            Self::CountTokens { .. } => Some("CountTokens"),
            Self::InvokeModel { streaming: false, .. } => Some("InvokeModel"),
            Self::InvokeModel { streaming: true, .. } => Some("InvokeModelWithResponseStream"),
            Self::ChatCompletions => Some("ChatCompletions"),
            Self::ListFoundationModels => Some("ListFoundationModels"),
            Self::ListInferenceProfiles => Some("ListInferenceProfiles"),
            Self::GetInferenceProfile { .. } => Some("GetInferenceProfile"),
            Self::Introspection(_) | Self::Unknown => None,
        }
    }
}

fn decoded(segment: &str) -> Option<String> {
    let decoded = percent_decode_str(segment).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

/// The value of one parameter of a query string, decoded.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    query?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_id_is_one_segment_and_decoded_once() {
        let converse = |model: &str| Route::Converse { model: model.to_owned(), streaming: false };
        let cases = [
            ("/model/amazon.nova-micro-v1%3A0/converse", converse("amazon.nova-micro-v1:0")),
            ("/model/amazon.nova-micro-v1:0/converse", converse("amazon.nova-micro-v1:0")),
            (
                "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x.y/converse",
                converse("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x.y"),
            ),
            ("/model/a%252Fb/converse", converse("a%2Fb")),
            ("/model/a/b/converse", Route::Unknown),
            ("/model//converse", Route::Unknown),
            ("/model/a%3A0/count-tokens", Route::CountTokens { model: "a:0".to_owned() }),
            ("/model/a%3A0/invoke", Route::InvokeModel { model: "a:0".to_owned(), streaming: false }),
            (
                "/model/a/invoke-with-response-stream",
                Route::InvokeModel { model: "a".to_owned(), streaming: true },
            ),
            ("/model/a/nothing", Route::Unknown),
            ("/openai/v1/chat/completions", Route::ChatCompletions),
        ];
        for (path, expected) in cases {
            assert_eq!(Route::parse(&Method::POST, path), expected, "{path}");
        }
        assert_eq!(Route::parse(&Method::GET, "/model/a/converse"), Route::Unknown);
        let profile = Route::GetInferenceProfile { id: "a/b".to_owned() };
        assert_eq!(Route::parse(&Method::GET, "/inference-profiles/a%2Fb"), profile);
    }

    #[test]
    fn query_parameters_are_decoded() {
        let query = Some("maxResults=2&nextToken=a%20b");
        assert_eq!(parameter(query, "nextToken").as_deref(), Some("a b"));
        assert_eq!(parameter(query, "type"), None);
    }
}
