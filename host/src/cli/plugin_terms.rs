//! What `plugin enable` says of failures, instances and limits.

use clap::{Args, ValueEnum};

use crate::enabled::{OnFailure, Reuse, Terms};

/// The terms of a plugin. What is not said is as usual.
#[derive(Debug, Clone, Args)]
pub(super) struct TermsArgs {
    /// What becomes of a request when the plugin fails or cannot be had: it fails too, or it goes on
    /// without the plugin and says so.
    #[arg(long, value_name = "closed|open", default_value = "closed", hide_possible_values = true)]
    on_failure: OnFailureArg,
    /// Keep instances between requests of the key, instead of making one for each.
    #[arg(long, value_name = "never|per-key", default_value = "never", hide_possible_values = true)]
    reuse: ReuseArg,
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
    /// Puts them into terms.
    pub(super) fn apply(&self, terms: &mut Terms) -> anyhow::Result<()> {
        terms.on_failure = match self.on_failure {
            OnFailureArg::Closed => OnFailure::Closed,
            OnFailureArg::Open => OnFailure::Open,
        };
        terms.reuse = match self.reuse {
            ReuseArg::Never => Reuse::Never,
            ReuseArg::PerKey => Reuse::PerKey,
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
