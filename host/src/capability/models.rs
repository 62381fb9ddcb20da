//! All models at once: entries, aliases and profiles.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::raw::Entry;
use super::{Bare, Capabilities, Entries, Thinking, bare};

/// What Adit knows by itself: `models.toml`, in the form that is quicker to read. A test writes it, and holds the two
/// together.
static BUILT_IN: LazyLock<Entries> =
    LazyLock::new(|| Entries::parse_json(include_str!("models.json")).unwrap_or_default());

/// How many resolved models, and how many learned profiles, are remembered. Clients choose the names,
/// so there has to be an end.
const MOST_REMEMBERED: usize = 512;

/// Who can do what. Cheap to clone: clones are the same thing, and learn together.
#[derive(Debug, Clone)]
pub struct Models(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    built_in: &'static [Entry],
    operator: Operator,
    /// By bare id.
    resolved: RwLock<HashMap<String, Arc<Capabilities>>>,
    /// The model id of each opaque ARN that somebody asked Bedrock about.
    learned: RwLock<HashMap<String, String>>,
}

/// What the operator says about models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operator {
    /// Applied after the built-in ones.
    pub entries: Entries,
    /// Names that clients may use, and the model id or ARN of each.
    pub aliases: BTreeMap<String, String>,
    /// ARNs that name no model, and the model id of each.
    pub profiles: BTreeMap<String, String>,
}

impl Models {
    /// What Adit knows by itself.
    pub fn built_in() -> Self {
        Self::with(Operator::default())
    }

    /// The same, and after it what the operator says.
    pub fn with(operator: Operator) -> Self {
        Self(Arc::new(Inner {
            built_in: &BUILT_IN.0,
            operator,
            resolved: RwLock::default(),
            learned: RwLock::default(),
        }))
    }

    /// The model that a client means: what the operator put under that name, or the name itself.
    /// An alias of an alias is not followed.
    pub fn resolve_alias<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.operator.aliases.get(name).map_or(name, String::as_str)
    }

    /// Each alias with its model id or ARN, sorted by name.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.operator.aliases.iter().map(|(name, model)| (name.as_str(), model.as_str()))
    }

    /// Whether the operator has named exactly this model: behind an alias, or as a profile.
    pub fn is_named(&self, model: &str) -> bool {
        let Operator { aliases, profiles, entries: _ } = &self.0.operator;
        profiles.contains_key(model) || aliases.values().any(|named| named == model)
    }

    /// What a model can do, by its id, its inference profile's id, or an ARN. What is not known can do
    /// what [`Capabilities::default`] says.
    pub fn capabilities(&self, model: &str) -> Arc<Capabilities> {
        match bare(model) {
            Bare::Id(id) => self.of_id(id),
            Bare::Opaque(arn) => {
                if let Some(model) = self.0.operator.profiles.get(arn) {
                    return self.of_named(model);
                }
                let learned = self.0.learned.read().unwrap_or_else(PoisonError::into_inner);
                self.of_named(learned.get(arn).map_or("", String::as_str))
            }
        }
    }

    /// Whether a model is an ARN of which nobody has said yet what model it is. Bedrock knows
    /// (`GetInferenceProfile`); tell the answer to [`Models::learn`].
    pub fn is_unresolved(&self, model: &str) -> bool {
        let Bare::Opaque(arn) = bare(model) else { return false };
        let learned = || self.0.learned.read().unwrap_or_else(PoisonError::into_inner);
        !self.0.operator.profiles.contains_key(arn) && !learned().contains_key(arn)
    }

    /// Remembers which model an ARN stands for: an id, or an ARN that names one. What the operator
    /// says of the same ARN goes before.
    pub fn learn(&self, arn: &str, model: &str) {
        let mut learned = self.0.learned.write().unwrap_or_else(PoisonError::into_inner);
        if learned.len() >= MOST_REMEMBERED {
            learned.clear();
        }
        learned.insert(arn.to_owned(), model.to_owned());
    }

    /// Of the model that a profile was said to be; one that is opaque itself is unknown.
    fn of_named(&self, model: &str) -> Arc<Capabilities> {
        match bare(model) {
            Bare::Id(id) => self.of_id(id),
            Bare::Opaque(_) => self.of_id(""),
        }
    }

    fn of_id(&self, id: &str) -> Arc<Capabilities> {
        let resolved = self.0.resolved.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = resolved.get(id) {
            return Arc::clone(known);
        }
        drop(resolved);
        let capabilities = Arc::new(resolve(self.0.built_in.iter().chain(&self.0.operator.entries.0), id));
        let mut resolved = self.0.resolved.write().unwrap_or_else(PoisonError::into_inner);
        if resolved.len() >= MOST_REMEMBERED {
            resolved.clear();
        }
        resolved.insert(id.to_owned(), Arc::clone(&capabilities));
        capabilities
    }
}

/// Two are equal that say the same; what they remember does not count.
impl PartialEq for Models {
    fn eq(&self, other: &Self) -> bool {
        self.0.operator == other.0.operator
    }
}

impl Eq for Models {}

impl Default for Models {
    fn default() -> Self {
        Self::built_in()
    }
}

/// All entries that fit an id, in order, on top of what is assumed of every model.
pub(super) fn resolve<'e>(entries: impl Iterator<Item = &'e Entry>, id: &str) -> Capabilities {
    let mut capabilities = Capabilities::default();
    for entry in entries.filter(|entry| entry.pattern.fits(id)) {
        entry.apply(&mut capabilities);
    }
    if let (Thinking::Budget(budgets), Some(most)) =
        (&mut capabilities.thinking, capabilities.max_output_tokens)
    {
        *budgets = budgets.within(most.get());
    }
    capabilities
}
