use serde::{Deserialize, Serialize};

use crate::chat::{Part, Reasoning};

/// What a model thought before it made a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Thought {
    /// The call's id, as Bedrock gave it.
    #[serde(rename = "i")]
    pub(super) tool_use_id: String,
    /// In order.
    #[serde(rename = "b")]
    pub(super) blocks: Vec<Block>,
}

/// A block that has to come back unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Block {
    /// A text and its signature.
    #[serde(rename = "t")]
    Text(String, String),
    /// What only the model can read, in base64.
    #[serde(rename = "r")]
    Redacted(String),
}

impl Thought {
    pub(super) fn write(&self) -> Vec<u8> {
        // Texts alone: nothing that could fail to be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl From<Block> for Part {
    fn from(block: Block) -> Self {
        match block {
            Block::Text(text, signature) => Self::Reasoning(Reasoning { text, signature: Some(signature) }),
            Block::Redacted(data) => Self::RedactedReasoning(data),
        }
    }
}
