//! What `plugin enable` says of failures, instances and limits.

use clap::{Args, ValueEnum};

use crate::enabled::{OnFailure, Reuse, Terms};

/// The terms of a plugin. What is not said is as usual.
#[derive(Debug, Clone, Args)]
pub(super) struct TermsArgs {
    /// What becomes of a request when the plugin fails or cannot be had: it fails too, or it goes on
    /// without the plugin and says so. `closed`, unless it is said.
    #[arg(long, value_name = "closed|open", hide_possible_values = true)]
    on_failure: Option<OnFailureArg>,
    /// Keep instances between requests of the key, instead of making one for each. `never`, unless it is
    /// said.
    #[arg(long, value_name = "never|per-key", hide_possible_values = true)]
    reuse: Option<ReuseArg>,
    /// What it may use for this key: `memory=64MiB`, or a time for `init`, `request-hook`,
    /// `stream-hook` or `request-total`, such as `init=200ms`.
    #[arg(long = "limit", value_name = "NAME=VALUE")]
    limits: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnFailureArg {
    Closed,
    Open,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReuseArg {
    Never,
    PerKey,
}

impl TermsArgs {
    /// Whether none is said.
    pub(super) fn is_empty(&self) -> bool {
        self.on_failure.is_none() && self.reuse.is_none() && self.limits.is_empty()
    }

    /// Puts them into terms.
    pub(super) fn apply(&self, terms: &mut Terms) -> anyhow::Result<()> {
        terms.on_failure = match self.on_failure {
            None | Some(OnFailureArg::Closed) => OnFailure::Closed,
            Some(OnFailureArg::Open) => OnFailure::Open,
        };
        terms.reuse = match self.reuse {
            None | Some(ReuseArg::Never) => Reuse::Never,
            Some(ReuseArg::PerKey) => Reuse::PerKey,
        };
        for limit in &self.limits {
            terms.limits.add(limit)?;
        }
        Ok(())
    }
}

/// Terms in words, as far as they are not the usual ones.
pub(super) fn words(terms: &Terms) -> Vec<String> {
    let Terms { grants, acknowledged: _, on_failure, reuse, limits } = terms;
    let mut words = grants.texts();
    if *on_failure == OnFailure::Open {
        words.push("on-failure=open".to_owned());
    }
    if *reuse == Reuse::PerKey {
        words.push("reuse=per-key".to_owned());
    }
    words.extend(limits.texts());
    words
}
