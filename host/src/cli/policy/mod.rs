//! The options by which the terms of a key or a team are set: `adit key policy`, `adit team policy`.

mod arguments;
mod change;
pub(super) mod view;

use clap::{Args, ValueEnum};

use super::when::Length;
use crate::ids::ModelPattern;
use crate::store::Policy;
use arguments::{Alias, BudgetArgument, GuardrailArgument, Profile, RateArgument, Region};

pub(super) use arguments::budget_name;
pub(super) use view::{AmountView, PolicyView, amount, lines};

/// What is not named stays as it is.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that is typed or not")]
pub(super) struct PolicyArgs {
    /// A model that may be used, by its name, id or ARN; `*` stands for any characters. Give it again for
    /// more. All that were set before are replaced.
    #[arg(long = "model", value_name = "PATTERN", conflicts_with = "all_models")]
    models: Vec<ModelPattern>,
    /// Let every model be used.
    #[arg(long)]
    all_models: bool,
    /// A region in which models may be called, of those that the settings name. Give it again for more.
    /// All that were set before are replaced.
    #[arg(long = "region", value_name = "REGION", conflicts_with = "all_regions")]
    regions: Vec<Region>,
    /// Let models be called in every region that the settings name.
    #[arg(long)]
    all_regions: bool,
    /// Another name for a model. Give it again for more.
    #[arg(long = "alias", value_name = "NAME=MODEL")]
    aliases: Vec<Alias>,
    /// Take an alias away.
    #[arg(long = "no-alias", value_name = "NAME")]
    no_aliases: Vec<String>,
    /// The application inference profile by which a model is called, so that AWS bills it there. Give it
    /// again for more.
    #[arg(long = "profile", value_name = "MODEL=ARN")]
    profiles: Vec<Profile>,
    /// Call a model by its own id again.
    #[arg(long = "no-profile", value_name = "MODEL")]
    no_profiles: Vec<String>,
    /// What happens when a part of a request has no effect.
    #[arg(long, value_name = "WHAT")]
    losses: Option<LossesArgument>,
    /// The guardrail that checks every prompt and answer.
    #[arg(long, value_name = "ID:VERSION", conflicts_with = "no_guardrail")]
    guardrail: Option<GuardrailArgument>,
    /// Use no guardrail.
    #[arg(long)]
    no_guardrail: bool,
    /// Let streamed text leave while the guardrail still looks at it.
    #[arg(long, requires = "guardrail")]
    guardrail_async: bool,
    /// Ask Bedrock to say what the guardrail found.
    #[arg(long, requires = "guardrail")]
    guardrail_trace: bool,
    /// Who marks what is worth keeping in the prompt cache.
    #[arg(long, value_name = "WHO")]
    caching: Option<CachingArgument>,
    /// Keep answers so long, such as `1h`, for requests that are the same.
    #[arg(long, value_name = "TIME", conflicts_with = "no_response_cache")]
    response_cache: Option<Length>,
    /// Who may get an answer that is kept. Only the key that asked, unless it is said.
    #[arg(long, value_name = "WHO", requires = "response_cache")]
    response_cache_for: Option<SharingArgument>,
    /// Keep the answers to all requests, not only to those with temperature 0.
    #[arg(long, requires = "response_cache")]
    response_cache_all: bool,
    /// Keep no answers.
    #[arg(long)]
    no_response_cache: bool,
    /// Whether Bedrock notes with each call whose it is, in its invocation logs.
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    tagging: Option<TaggingArgument>,
    /// How many requests a minute may bring.
    #[arg(long, value_name = "N|none")]
    requests_per_minute: Option<RateArgument>,
    /// How many tokens a minute may bring, in and out.
    #[arg(long, value_name = "N|none")]
    tokens_per_minute: Option<RateArgument>,
    /// How many requests may run at a time.
    #[arg(long, value_name = "N|none")]
    concurrent: Option<RateArgument>,
    /// What may be spent in a day or a month, in UTC: `money-per-day`, `money-per-month`, in US dollars,
    /// `tokens-per-day` or `tokens-per-month`. Give it again for more.
    #[arg(long = "budget", value_name = "NAME=AMOUNT|none")]
    budgets: Vec<BudgetArgument>,
    /// Take a setting away, so that the team's counts, or else the default. Give it again for more.
    #[arg(long, value_name = "SETTING")]
    inherit: Vec<Inheritable>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LossesArgument {
    /// The client is told in the header `x-adit-dropped`.
    Report,
    /// The request is refused.
    Refuse,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CachingArgument {
    /// The client alone.
    Client,
    /// Adit too, where the model can.
    Automatic,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SharingArgument {
    /// The key that asked.
    Key,
    /// All keys of its team.
    Team,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TaggingArgument {
    On,
    Off,
}

/// What a key can have from its team, and a team by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Inheritable {
    Models,
    Regions,
    Aliases,
    Profiles,
    Losses,
    Guardrail,
    Caching,
    ResponseCache,
    Tagging,
}

impl PolicyArgs {
    /// Puts what is said into a policy.
    pub(super) fn apply(&self, policy: &mut Policy) {
        change::apply(self, policy);
    }
}

#[cfg(test)]
mod tests;
