//! What becomes of each member of a request, endpoint by endpoint.

mod chat;
mod completions;
mod embeddings;

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Read by one of the modules of `decode`, `completions` or `embeddings`.
    Mapped,
    /// Left out, and nobody misses it: the answer is the same.
    Ignored,
    /// Left out and reported, unless it holds a value that changes nothing.
    Dropped {
        /// The values that change nothing, as JSON.
        harmless: &'static [&'static str],
    },
    /// A 400, unless it holds a value that changes nothing: an answer without it would be wrong.
    Refused {
        /// The values that change nothing, as JSON.
        harmless: &'static [&'static str],
        /// What to do about it; the end of the sentence "`field` ...".
        because: &'static str,
    },
}

/// A member and its treatment.
pub(super) struct Field {
    /// The member's name.
    pub(super) name: &'static str,
    /// What becomes of it.
    pub(super) treatment: Treatment,
}

const fn field(name: &'static str, treatment: Treatment) -> Field {
    Field { name, treatment }
}

/// The members of one endpoint's request, by name.
pub(super) struct Table {
    /// Sorted by name.
    pub(super) fields: &'static [Field],
}

/// `POST /v1/chat/completions`.
pub(super) const CHAT: Table = Table { fields: chat::FIELDS };

/// `POST /v1/completions`.
pub(super) const COMPLETIONS: Table = Table { fields: completions::FIELDS };

/// `POST /v1/embeddings`.
pub(super) const EMBEDDINGS: Table = Table { fields: embeddings::FIELDS };

impl Table {
    /// The treatment of a member; none if the table has no such member.
    pub(super) fn treatment(&self, name: &str) -> Option<Treatment> {
        let place = self.fields.binary_search_by(|field| field.name.cmp(name)).ok()?;
        self.fields.get(place).map(|field| field.treatment)
    }
}

#[cfg(test)]
mod tests;
