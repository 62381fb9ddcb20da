use std::collections::BTreeMap;

use super::{CacheTerms, Deadline, ModelPolicy, Payer, Upstream};
use crate::chat::Destination;
use crate::error::Failure;

/// On which terms a request is served.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Which models the key may use.
    pub models: ModelPolicy,
    /// What else models are called. Looked up before the operator's names for all.
    pub aliases: BTreeMap<String, String>,
    /// Which application inference profile is called in the place of which model id.
    pub profiles: BTreeMap<String, String>,
    /// In which regions models may be called; in all that are served, if none is named.
    pub regions: Vec<String>,
    /// What Bedrock notes with each call, whatever the client wants it to.
    pub tags: Vec<(String, String)>,
    /// Who pays; nobody, if nothing is metered or noted.
    pub payer: Option<Payer>,
    /// Whether answers are kept; they are not, if that is none.
    pub cache: Option<CacheTerms>,
    /// What happens when a part of the request has no effect.
    pub losses: Losses,
    /// When the answer has to be complete.
    pub deadline: Deadline,
}

impl Terms {
    /// Puts the model's id in the place of its name, if the key may use it, and says where it is called.
    pub(super) fn admit(&self, model: &mut String, upstream: &dyn Upstream) -> Result<Destination, Failure> {
        let name = self.aliases.get(model).unwrap_or(model);
        let id = upstream.resolve(name).into_owned();
        if !self.models.allows(model, &id) && !self.models.allows(name, &id) {
            return Err(self.models.refusal(&id));
        }
        *model = id;
        Ok(Destination { profile: self.profiles.get(model).cloned(), regions: self.regions.clone() })
    }

    /// Puts the tags in front of a request's own metadata: what is too much is cut off at the end.
    pub(super) fn tag(&self, metadata: &mut Vec<(String, String)>) {
        if !self.tags.is_empty() {
            metadata.retain(|(name, _)| self.tags.iter().all(|(tag, _)| tag != name));
            metadata.splice(0..0, self.tags.iter().cloned());
        }
    }
}

/// What happens when a part of the request has no effect. Each holds the fields that were left out
/// already, by their OpenAI names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Losses {
    /// The client is told which.
    Report(Vec<String>),
    /// The request is refused.
    Refuse(Vec<String>),
}

impl Default for Losses {
    fn default() -> Self {
        Self::Report(Vec::new())
    }
}

impl Losses {
    /// All that is lost, once `more` is too; or the refusal.
    pub(super) fn accept(&self, more: &[String]) -> Result<Vec<String>, Failure> {
        let (Self::Report(names) | Self::Refuse(names)) = self;
        let mut all = names.clone();
        for name in more {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        match (self, all.first()) {
            (Self::Refuse(_), Some(first)) => Err(refusal(first, &all)),
            _ => Ok(all),
        }
    }
}

fn refusal(first: &str, all: &[String]) -> Failure {
    let names = all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!(
        "the request asks for what this model cannot do: {names}; leave that out (`x-adit-strict`, or your key, asks for all or nothing)"
    );
    Failure::invalid(first, message).with_code("unsupported_parameter")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::pipeline::tests::Echo;

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_keys_own_name_for_a_model_is_looked_up_first_and_its_profile_is_called() {
        let terms = Terms {
            models: ModelPolicy::Only(vec!["amazon.*".parse().unwrap()]),
            aliases: pairs(&[("fast", "amazon.nova"), ("other", "meta.llama")]),
            profiles: pairs(&[("amazon.nova", "arn:profile")]),
            regions: names(&["eu-west-1"]),
            ..Terms::default()
        };
        let upstream = Echo(std::sync::Arc::default());
        for (asked, model, profile) in [
            ("fast", "amazon.nova", Some("arn:profile")),
            ("amazon.nova", "amazon.nova", Some("arn:profile")),
            ("amazon.titan", "amazon.titan", None),
        ] {
            let mut name = asked.to_owned();
            let destination = terms.admit(&mut name, &upstream).unwrap();
            assert_eq!((name.as_str(), destination.profile.as_deref()), (model, profile));
            assert_eq!(destination.regions, terms.regions);
        }
        assert!(terms.admit(&mut "other".to_owned(), &upstream).is_err());
    }

    #[test]
    fn a_client_cannot_say_whose_call_it_is() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let terms = Terms { tags: vec![pair("adit-key", "a")], ..Terms::default() };
        let mut metadata = vec![pair("x", "1"), pair("adit-key", "forged")];
        terms.tag(&mut metadata);
        assert_eq!(metadata, [pair("adit-key", "a"), pair("x", "1")]);
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reports_each_loss_once() {
        let losses = Losses::Report(names(&["seed", "user"]));
        assert_eq!(losses.accept(&names(&["seed", "top_p"])).unwrap(), names(&["seed", "user", "top_p"]));
    }

    #[test]
    fn refuses_by_name_when_told_to() {
        assert_eq!(Losses::Refuse(Vec::new()).accept(&[]).unwrap(), names(&[]));
        let refusal = Losses::Refuse(names(&["seed"])).accept(&names(&["top_p"])).unwrap_err();
        assert_eq!(refusal.param.as_deref(), Some("seed"));
        assert!(refusal.message.contains("`seed`, `top_p`"), "{}", refusal.message);
    }
}
