use bytes::Bytes;
use serde::Serialize;

/// A model, as `GET /v1/models` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// What a request names it by.
    pub id: String,
    /// Since when there is such a model, in seconds since 1970.
    pub created: u64,
    /// Whose it is.
    pub owned_by: String,
}

/// Writes the answer to `GET /v1/models`, in the order given.
pub fn models(list: &[Model]) -> Bytes {
    let data = list.iter().map(Entry::of).collect();
    // Text and numbers: nothing that could fail to be written.
    serde_json::to_vec(&List { object: "list", data }).unwrap_or_default().into()
}

/// Writes the answer to `GET /v1/models/{id}`.
pub fn model(model: &Model) -> Bytes {
    serde_json::to_vec(&Entry::of(model)).unwrap_or_default().into()
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'a str,
}

impl<'a> Entry<'a> {
    fn of(model: &'a Model) -> Self {
        Self { id: &model.id, object: "model", created: model.created, owned_by: &model.owned_by }
    }
}
