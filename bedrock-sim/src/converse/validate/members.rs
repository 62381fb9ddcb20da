//! The members of a Converse request with their bounds, after AWS's model of bedrock-runtime (botocore 1.43.11;
//! `outputConfig.effort` after the Rust SDK 1.153). Left out until a recording shows them: the role `system`
//! inside `messages`, and the blocks `toolAddition` and `toolRemoval`.

use super::pattern::Pattern;
use super::shape::{Member, Shape, optional, required};

const fn string(least: usize, most: usize, pattern: Pattern) -> Shape {
    Shape::Bounded { least, most, pattern: Some(pattern) }
}

const fn list(of: &'static Shape) -> Shape {
    Shape::List { of, least: 0, most: usize::MAX }
}

const TEXT: Shape = Shape::Text;
const NOT_EMPTY: Shape = Shape::Bounded { least: 1, most: usize::MAX, pattern: None };
const TOOL_NAME: Shape = string(1, 64, Pattern::ToolName);
const TOOL_USE_ID: Shape = string(1, 64, Pattern::ToolUseId);
const EMPTY: Shape = Shape::Structure(&[]);
const POSITION: Shape = Shape::Integer { least: 0 };
/// The only member of several unions.
const TEXT_ONLY: &[Member] = &[optional("text", &TEXT)];

const S3_LOCATION: Shape = Shape::Structure(&[
    required("uri", &string(1, 1024, Pattern::S3Uri)),
    optional("bucketOwner", &string(12, 12, Pattern::AccountId)),
]);
const BYTES_OR_S3: &[Member] = &[optional("bytes", &Shape::Blob), optional("s3Location", &S3_LOCATION)];
const ERROR: Shape = Shape::Structure(&[optional("message", &TEXT)]);
const CITATIONS_CONFIG: Shape = Shape::Structure(&[required("enabled", &Shape::Flag)]);

const IMAGE: Shape = Shape::Structure(&[
    required("format", &Shape::Enumeration(&["png", "jpeg", "gif", "webp"])),
    required("source", &Shape::Union("ImageSource", BYTES_OR_S3)),
    optional("error", &ERROR),
]);

const DOCUMENT: Shape = Shape::Structure(&[
    optional(
        "format",
        &Shape::Enumeration(&["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"]),
    ),
    required("name", &Shape::Bounded { least: 1, most: 200, pattern: None }),
    required(
        "source",
        &Shape::Union(
            "DocumentSource",
            &[
                optional("bytes", &Shape::Blob),
                optional("s3Location", &S3_LOCATION),
                optional("text", &TEXT),
                optional("content", &list(&Shape::Union("DocumentContentBlock", TEXT_ONLY))),
            ],
        ),
    ),
    optional("context", &TEXT),
    optional("citations", &CITATIONS_CONFIG),
]);

const VIDEO: Shape = Shape::Structure(&[
    required(
        "format",
        &Shape::Enumeration(&["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"]),
    ),
    required("source", &Shape::Union("VideoSource", BYTES_OR_S3)),
]);

const AUDIO: Shape = Shape::Structure(&[
    required(
        "format",
        &Shape::Enumeration(&[
            "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga",
            "pcm", "webm",
        ]),
    ),
    required("source", &Shape::Union("AudioSource", BYTES_OR_S3)),
    optional("error", &ERROR),
]);

const TOOL_USE: Shape = Shape::Structure(&[
    required("toolUseId", &TOOL_USE_ID),
    required("name", &TOOL_NAME),
    required("input", &Shape::Document),
    optional("type", &Shape::Enumeration(&["server_tool_use"])),
]);

const SEARCH_RESULT: Shape = Shape::Structure(&[
    required("source", &TEXT),
    required("title", &TEXT),
    required("content", &list(&Shape::Structure(&[required("text", &TEXT)]))),
    optional("citations", &CITATIONS_CONFIG),
]);

const TOOL_RESULT: Shape = Shape::Structure(&[
    required("toolUseId", &TOOL_USE_ID),
    required(
        "content",
        &list(&Shape::Union(
            "ToolResultContentBlock",
            &[
                optional("json", &Shape::Document),
                optional("text", &TEXT),
                optional("image", &IMAGE),
                optional("document", &DOCUMENT),
                optional("video", &VIDEO),
                optional("searchResult", &SEARCH_RESULT),
            ],
        )),
    ),
    optional("status", &Shape::Enumeration(&["success", "error"])),
    optional("type", &TEXT),
]);

const GUARD_CONTENT: Shape = Shape::Union(
    "GuardrailConverseContentBlock",
    &[
        optional(
            "text",
            &Shape::Structure(&[
                required("text", &TEXT),
                optional(
                    "qualifiers",
                    &list(&Shape::Enumeration(&["grounding_source", "query", "guard_content"])),
                ),
            ]),
        ),
        optional(
            "image",
            &Shape::Structure(&[
                required("format", &Shape::Enumeration(&["png", "jpeg"])),
                required(
                    "source",
                    &Shape::Union("GuardrailConverseImageSource", &[optional("bytes", &Shape::Blob)]),
                ),
            ]),
        ),
    ],
);

const CACHE_POINT: Shape = Shape::Structure(&[
    required("type", &Shape::Enumeration(&["default"])),
    optional("ttl", &Shape::Enumeration(&["5m", "1h"])),
]);

const REASONING_CONTENT: Shape = Shape::Union(
    "ReasoningContentBlock",
    &[
        optional(
            "reasoningText",
            &Shape::Structure(&[required("text", &TEXT), optional("signature", &TEXT)]),
        ),
        optional("redactedContent", &Shape::Blob),
    ],
);

const IN_DOCUMENT: Shape = Shape::Structure(&[
    optional("documentIndex", &POSITION),
    optional("start", &POSITION),
    optional("end", &POSITION),
]);
const IN_SEARCH_RESULT: Shape = Shape::Structure(&[
    optional("searchResultIndex", &POSITION),
    optional("start", &POSITION),
    optional("end", &POSITION),
]);

const CITATIONS_CONTENT: Shape = Shape::Structure(&[
    optional("content", &list(&Shape::Union("CitationGeneratedContent", TEXT_ONLY))),
    optional(
        "citations",
        &list(&Shape::Structure(&[
            optional("title", &TEXT),
            optional("source", &TEXT),
            optional("sourceContent", &list(&Shape::Union("CitationSourceContent", TEXT_ONLY))),
            optional(
                "location",
                &Shape::Union(
                    "CitationLocation",
                    &[
                        optional(
                            "web",
                            &Shape::Structure(&[optional("url", &TEXT), optional("domain", &TEXT)]),
                        ),
                        optional("documentChar", &IN_DOCUMENT),
                        optional("documentPage", &IN_DOCUMENT),
                        optional("documentChunk", &IN_DOCUMENT),
                        optional("searchResultLocation", &IN_SEARCH_RESULT),
                    ],
                ),
            ),
        ])),
    ),
]);

const CONTENT_BLOCK: Shape = Shape::Union(
    "ContentBlock",
    &[
        optional("text", &TEXT),
        optional("image", &IMAGE),
        optional("document", &DOCUMENT),
        optional("video", &VIDEO),
        optional("audio", &AUDIO),
        optional("toolUse", &TOOL_USE),
        optional("toolResult", &TOOL_RESULT),
        optional("guardContent", &GUARD_CONTENT),
        optional("cachePoint", &CACHE_POINT),
        optional("reasoningContent", &REASONING_CONTENT),
        optional("citationsContent", &CITATIONS_CONTENT),
        optional("searchResult", &SEARCH_RESULT),
    ],
);

const MESSAGE: Shape = Shape::Structure(&[
    required("role", &Shape::Enumeration(&["user", "assistant"])),
    required("content", &list(&CONTENT_BLOCK)),
]);

const SYSTEM_BLOCK: Shape = Shape::Union(
    "SystemContentBlock",
    &[
        optional("text", &NOT_EMPTY),
        optional("guardContent", &GUARD_CONTENT),
        optional("cachePoint", &CACHE_POINT),
    ],
);

const INFERENCE_CONFIG: Shape = Shape::Structure(&[
    optional("maxTokens", &Shape::Integer { least: 1 }),
    optional("temperature", &Shape::Fraction),
    optional("topP", &Shape::Fraction),
    optional("stopSequences", &Shape::List { of: &NOT_EMPTY, least: 0, most: 2500 }),
]);

const TOOL: Shape = Shape::Union(
    "Tool",
    &[
        optional(
            "toolSpec",
            &Shape::Structure(&[
                required("name", &TOOL_NAME),
                optional("description", &NOT_EMPTY),
                required(
                    "inputSchema",
                    &Shape::Union("ToolInputSchema", &[optional("json", &Shape::Document)]),
                ),
                optional("strict", &Shape::Flag),
            ]),
        ),
        optional("systemTool", &Shape::Structure(&[required("name", &TOOL_NAME)])),
        optional("cachePoint", &CACHE_POINT),
    ],
);

const TOOL_CONFIG: Shape = Shape::Structure(&[
    required("tools", &Shape::List { of: &TOOL, least: 1, most: usize::MAX }),
    optional(
        "toolChoice",
        &Shape::Union(
            "ToolChoice",
            &[
                optional("auto", &EMPTY),
                optional("any", &EMPTY),
                optional("tool", &Shape::Structure(&[required("name", &TOOL_NAME)])),
            ],
        ),
    ),
]);

const GUARDRAIL_CONFIG: Shape = Shape::Structure(&[
    optional("guardrailIdentifier", &Shape::Bounded { least: 0, most: 2048, pattern: None }),
    optional("guardrailVersion", &string(0, 8, Pattern::GuardrailVersion)),
    optional("trace", &Shape::Enumeration(&["enabled", "disabled", "enabled_full"])),
    optional("streamProcessingMode", &Shape::Enumeration(&["sync", "async"])),
]);

const OUTPUT_CONFIG: Shape = Shape::Structure(&[
    optional(
        "textFormat",
        &Shape::Structure(&[
            required("type", &Shape::Enumeration(&["json_schema"])),
            required(
                "structure",
                &Shape::Union(
                    "OutputFormatStructure",
                    &[optional(
                        "jsonSchema",
                        // The schema is a JSON document in a string.
                        &Shape::Structure(&[
                            required("schema", &TEXT),
                            optional("name", &TEXT),
                            optional("description", &TEXT),
                        ]),
                    )],
                ),
            ),
        ]),
    ),
    optional("effort", &Shape::Enumeration(&["low", "medium", "high", "xhigh", "max"])),
]);

/// The body of Converse and ConverseStream.
pub(super) static CONVERSE: Shape = Shape::Structure(&[
    optional("messages", &list(&MESSAGE)),
    optional("system", &list(&SYSTEM_BLOCK)),
    optional("inferenceConfig", &INFERENCE_CONFIG),
    optional("toolConfig", &TOOL_CONFIG),
    optional("guardrailConfig", &GUARDRAIL_CONFIG),
    optional("additionalModelRequestFields", &Shape::Document),
    optional(
        "promptVariables",
        &Shape::Map {
            keys: &TEXT,
            values: &Shape::Union("PromptVariableValues", TEXT_ONLY),
            least: 0,
            most: usize::MAX,
        },
    ),
    optional(
        "additionalModelResponseFieldPaths",
        &Shape::List { of: &Shape::Bounded { least: 1, most: 256, pattern: None }, least: 0, most: 10 },
    ),
    optional(
        "requestMetadata",
        &Shape::Map {
            keys: &string(1, 256, Pattern::Metadata),
            values: &string(0, 256, Pattern::Metadata),
            least: 1,
            most: 16,
        },
    ),
    optional(
        "performanceConfig",
        &Shape::Structure(&[optional("latency", &Shape::Enumeration(&["standard", "optimized"]))]),
    ),
    optional(
        "serviceTier",
        &Shape::Structure(&[required(
            "type",
            &Shape::Enumeration(&["priority", "default", "flex", "reserved"]),
        )]),
    ),
    optional("outputConfig", &OUTPUT_CONFIG),
]);
