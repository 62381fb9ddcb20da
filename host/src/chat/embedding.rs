use super::Destination;

/// Texts that become vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingRequest {
    /// As the client named it, until a route hook or an alias puts a Bedrock model id or ARN there.
    pub model: String,
    /// One vector each, in this order.
    pub inputs: Vec<String>,
    /// Numbers in a vector; none leaves it to the model.
    pub dimensions: Option<u32>,
    /// What the vectors are for; none is [`Purpose::Document`], where a model has to know.
    pub purpose: Option<Purpose>,
    /// What Bedrock notes with the call, for the operator's invoices and logs.
    pub metadata: Vec<(String, String)>,
    /// Where it goes. Set by the key's policy behind the plugins, never by the client.
    pub destination: Destination,
}

impl EmbeddingRequest {
    /// A request that asks for nothing special.
    pub fn new(model: impl Into<String>, inputs: Vec<String>) -> Self {
        Self {
            model: model.into(),
            inputs,
            dimensions: None,
            purpose: None,
            metadata: Vec::new(),
            destination: Destination::default(),
        }
    }

    /// What is called: the model, or the profile that stands for it.
    pub fn called(&self) -> &str {
        self.destination.profile.as_deref().unwrap_or(&self.model)
    }
}

/// What vectors are for. Some models give other ones for a question than for the texts that answer it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To be found.
    #[default]
    Document,
    /// To find.
    Query,
    /// Features of a classifier.
    Classification,
    /// To be grouped by likeness.
    Clustering,
}

/// The vectors of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Embeddings {
    /// One for each input, in the order of the inputs.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens that were read, as Bedrock counted them.
    pub input_tokens: u64,
}
