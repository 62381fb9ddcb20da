//! `adit key policy`: on which terms a key is served.

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{key_argument, output};
use crate::chat::{Caching, Guardrail, GuardrailMode, GuardrailTrace};
use crate::ids::ModelPattern;
use crate::store::{Guarding, OnLoss, Policy, Store};

/// Without any option the terms are shown. What is not named stays as it is.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that is typed or not")]
pub(super) struct KeyPolicyArgs {
    /// The id of the key, its unique name, or the whole key.
    key: String,
    /// A model that the key may use, by its name, id or ARN; `*` stands for any characters. Give
    /// it again for more. All that were set before are replaced.
    #[arg(long = "model", value_name = "PATTERN", conflicts_with = "all_models")]
    models: Vec<ModelPattern>,
    /// Let the key use every model.
    #[arg(long)]
    all_models: bool,
    /// What happens when a part of a request has no effect.
    #[arg(long, value_name = "WHAT")]
    losses: Option<LossesArgument>,
    /// The guardrail that checks every prompt and answer.
    #[arg(long, value_name = "ID:VERSION", conflicts_with = "no_guardrail")]
    guardrail: Option<String>,
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
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
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

pub(super) async fn run(keys: &dyn Store, args: KeyPolicyArgs) -> anyhow::Result<()> {
    let key = key_argument::find(keys, &args.key).await?;
    let json = args.json;
    let policy = changed(key.policy.clone(), args)?;
    if policy != key.policy {
        keys.set_policy(&key.id, policy.clone()).await?;
        output::note(&format!("Key `{}` ({}) is served on new terms from now on.", key.id, key.name));
    }
    let view = PolicyView::of(&policy);
    if json { output::json(&view) } else { Ok(output::result(&view.lines())?) }
}

fn changed(mut policy: Policy, args: KeyPolicyArgs) -> anyhow::Result<Policy> {
    if args.all_models || !args.models.is_empty() {
        policy.models = Some(args.models);
    }
    match args.losses {
        Some(LossesArgument::Report) => policy.losses = Some(OnLoss::Report),
        Some(LossesArgument::Refuse) => policy.losses = Some(OnLoss::Refuse),
        None => {}
    }
    match args.caching {
        Some(CachingArgument::Client) => policy.caching = Some(Caching::ByClient),
        Some(CachingArgument::Automatic) => policy.caching = Some(Caching::Automatic),
        None => {}
    }
    if args.no_guardrail {
        policy.guardrail = Some(Guarding::Off);
    }
    if let Some(text) = args.guardrail {
        let Some((id, version)) = text.rsplit_once(':').filter(|(id, version)| {
            !id.is_empty()
                && id.bytes().all(|byte| byte.is_ascii_graphic())
                && (*version == "DRAFT" || version.parse::<u32>().is_ok_and(|version| version > 0))
        }) else {
            bail!(
                "`{text}` is not a guardrail: expected its id or ARN, `:`, and a version number or `DRAFT`"
            );
        };
        policy.guardrail = Some(Guarding::By(Guardrail {
            id: id.to_owned(),
            version: version.to_owned(),
            trace: if args.guardrail_trace { GuardrailTrace::Enabled } else { GuardrailTrace::Disabled },
            mode: if args.guardrail_async { GuardrailMode::Async } else { GuardrailMode::Sync },
        }));
    }
    Ok(policy)
}

/// A policy in JSON.
#[derive(Debug, Serialize)]
pub(super) struct PolicyView {
    models: Vec<String>,
    losses: &'static str,
    guardrail: Option<GuardrailView>,
    caching: &'static str,
}

#[derive(Debug, Serialize)]
struct GuardrailView {
    id: String,
    version: String,
    trace: &'static str,
    streamed_text: &'static str,
}

fn guardrail(policy: &Policy) -> Option<&Guardrail> {
    match &policy.guardrail {
        Some(Guarding::By(guardrail)) => Some(guardrail),
        Some(Guarding::Off) | None => None,
    }
}

impl PolicyView {
    pub(super) fn of(policy: &Policy) -> Self {
        Self {
            models: policy.models.iter().flatten().map(ToString::to_string).collect(),
            losses: match policy.losses.unwrap_or_default() {
                OnLoss::Report => "report",
                OnLoss::Refuse => "refuse",
            },
            guardrail: guardrail(policy).map(|guardrail| GuardrailView {
                id: guardrail.id.clone(),
                version: guardrail.version.clone(),
                trace: match guardrail.trace {
                    GuardrailTrace::Enabled => "enabled",
                    GuardrailTrace::Disabled => "disabled",
                },
                streamed_text: match guardrail.mode {
                    GuardrailMode::Sync => "sync",
                    GuardrailMode::Async => "async",
                },
            }),
            caching: match policy.caching.unwrap_or_default() {
                Caching::ByClient => "client",
                Caching::Automatic => "automatic",
            },
        }
    }

    fn lines(&self) -> String {
        let models = if self.models.is_empty() { "all".to_owned() } else { self.models.join(", ") };
        let guardrail = self.guardrail.as_ref().map_or("none".to_owned(), |guardrail| {
            let GuardrailView { id, version, trace, streamed_text } = guardrail;
            format!("{id}:{version} (streamed text {streamed_text}, trace {trace})")
        });
        let (losses, caching) = (self.losses, self.caching);
        format!("models:    {models}\nlosses:    {losses}\nguardrail: {guardrail}\ncaching:   {caching}")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: KeyPolicyArgs,
    }

    fn after(policy: Policy, words: &str) -> anyhow::Result<Policy> {
        changed(policy, Line::try_parse_from(format!("policy key {words}").split_whitespace()).unwrap().args)
    }

    #[test]
    fn changes_only_what_is_named() {
        let first = after(Policy::default(), "--model amazon.* --model fast --losses refuse").unwrap();
        assert_eq!(first.models.as_ref().unwrap().len(), 2);
        let second = after(first.clone(), "--guardrail arn:aws:bedrock:us-east-1:1:guardrail/g:7").unwrap();
        assert_eq!((&second.models, second.losses), (&first.models, Some(OnLoss::Refuse)));
        let guardrail = guardrail(&second).unwrap();
        assert_eq!(
            (guardrail.id.as_str(), guardrail.version.as_str()),
            ("arn:aws:bedrock:us-east-1:1:guardrail/g", "7")
        );
        let third = after(second, "--no-guardrail --all-models --losses report").unwrap();
        assert_eq!((third.models, third.guardrail), (Some(Vec::new()), Some(Guarding::Off)));
        assert_eq!(third.losses, Some(OnLoss::Report));
    }

    #[test]
    fn refuses_a_guardrail_without_a_version() {
        for text in ["gr", "gr:", ":1", "gr:latest", "gr:0"] {
            assert!(after(Policy::default(), &format!("--guardrail {text}")).is_err(), "{text}");
        }
    }
}
