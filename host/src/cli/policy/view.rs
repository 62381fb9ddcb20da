//! What is set, for people and for programs.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::Serialize;

use super::arguments::budget_name;
use crate::chat::{Caching, Guardrail, GuardrailMode, GuardrailTrace};
use crate::cli::when;
use crate::metering::{Budget, Limits, Money, Unit};
use crate::store::{Cacheable, Guarding, OnLoss, Policy, ResponseCaching, Sharing, Tagging};

/// A policy in JSON. What is not set is null.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct PolicyView {
    models: Option<Vec<String>>,
    regions: Option<Vec<String>>,
    aliases: BTreeMap<String, String>,
    profiles: BTreeMap<String, String>,
    losses: Option<&'static str>,
    guardrail: Option<GuardrailView>,
    caching: Option<&'static str>,
    response_cache: Option<ResponseCacheView>,
    tagging: Option<&'static str>,
    limits: LimitsView,
}

/// A guardrail, or `"none"`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum GuardrailView {
    None(&'static str),
    By { id: String, version: String, trace: &'static str, streamed_text: &'static str },
}

/// The terms of the response cache, or `"off"`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ResponseCacheView {
    Off(&'static str),
    On { lifetime_seconds: u64, shared_by: &'static str, requests: &'static str },
}

/// Limits. Money is a text, so that it stays exact.
#[derive(Debug, Serialize)]
struct LimitsView {
    requests_per_minute: Option<NonZeroU32>,
    tokens_per_minute: Option<NonZeroU32>,
    concurrent_requests: Option<NonZeroU32>,
    budgets: BTreeMap<&'static str, AmountView>,
}

/// An amount of money or tokens.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::cli) enum AmountView {
    Money(String),
    Tokens(u64),
}

impl AmountView {
    pub(in crate::cli) fn of(budget: Budget, amount: u64) -> Self {
        match budget.unit {
            Unit::Money => Self::Money(Money::from_nanodollars(amount).to_string()),
            Unit::Tokens => Self::Tokens(amount),
        }
    }
}

impl PolicyView {
    pub(in crate::cli) fn of(policy: &Policy) -> Self {
        Self {
            models: policy.models.as_ref().map(|models| models.iter().map(ToString::to_string).collect()),
            regions: policy.regions.clone(),
            aliases: policy.aliases.clone(),
            profiles: policy.profiles.clone(),
            losses: policy.losses.map(losses),
            guardrail: policy.guardrail.as_ref().map(|guarding| match guarding {
                Guarding::Off => GuardrailView::None("none"),
                Guarding::By(guardrail) => GuardrailView::By {
                    id: guardrail.id.clone(),
                    version: guardrail.version.clone(),
                    trace: trace(guardrail),
                    streamed_text: streamed_text(guardrail),
                },
            }),
            caching: policy.caching.map(caching),
            response_cache: policy.response_cache.map(|cache| match cache {
                ResponseCaching::Off => ResponseCacheView::Off("off"),
                ResponseCaching::On(terms) => ResponseCacheView::On {
                    lifetime_seconds: terms.lifetime.as_secs(),
                    shared_by: sharing(terms.sharing),
                    requests: requests(terms.requests),
                },
            }),
            tagging: policy.tagging.map(tagging),
            limits: LimitsView::of(&policy.limits),
        }
    }
}

impl LimitsView {
    fn of(limits: &Limits) -> Self {
        let budget = |(budget, cap): (&Budget, &u64)| (budget.name(), AmountView::of(*budget, *cap));
        Self {
            requests_per_minute: limits.requests_per_minute,
            tokens_per_minute: limits.tokens_per_minute,
            concurrent_requests: limits.concurrent_requests,
            budgets: limits.budgets.iter().map(budget).collect(),
        }
    }
}

/// What is set, a line for each.
pub(in crate::cli) fn lines(policy: &Policy) -> String {
    let all_or = |texts: Vec<String>| if texts.is_empty() { "all".to_owned() } else { texts.join(", ") };
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{:<21}{value}", format!("{name}:")));
    if let Some(models) = &policy.models {
        line("models", all_or(models.iter().map(ToString::to_string).collect()));
    }
    if let Some(regions) = &policy.regions {
        line("regions", all_or(regions.clone()));
    }
    for (name, model) in &policy.aliases {
        line("alias", format!("{name} = {model}"));
    }
    for (model, arn) in &policy.profiles {
        line("profile", format!("{model} = {arn}"));
    }
    let simple = [
        ("losses", policy.losses.map(|value| losses(value).to_owned())),
        ("guardrail", policy.guardrail.as_ref().map(|guarding| guardrail(by(guarding)))),
        ("caching", policy.caching.map(|value| caching(value).to_owned())),
        ("response-cache", policy.response_cache.map(response_cache)),
        ("tagging", policy.tagging.map(|value| tagging(value).to_owned())),
    ];
    for (name, value) in simple.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        line(name, value);
    }
    for (name, value) in limit_words(&policy.limits) {
        line(&name, value);
    }
    if lines.is_empty() { "nothing is set".to_owned() } else { lines.join("\n") }
}

/// Each limit that is set, with its name.
fn limit_words(limits: &Limits) -> Vec<(String, String)> {
    let rates = [
        ("requests-per-minute", limits.requests_per_minute),
        ("tokens-per-minute", limits.tokens_per_minute),
        ("concurrent", limits.concurrent_requests),
    ];
    let rates = rates.into_iter().filter_map(|(name, rate)| Some((name.to_owned(), rate?.to_string())));
    let budgets = limits.budgets.iter().map(|(budget, cap)| (budget_name(*budget), amount(*budget, *cap)));
    rates.chain(budgets).collect()
}

/// An amount of a budget's unit.
pub(in crate::cli) fn amount(budget: Budget, amount: u64) -> String {
    match budget.unit {
        Unit::Money => format!("${}", Money::from_nanodollars(amount)),
        Unit::Tokens => amount.to_string(),
    }
}

fn by(guarding: &Guarding) -> Option<&Guardrail> {
    match guarding {
        Guarding::Off => None,
        Guarding::By(guardrail) => Some(guardrail),
    }
}

pub(in crate::cli) fn guardrail(guardrail: Option<&Guardrail>) -> String {
    guardrail.map_or("none".to_owned(), |guardrail| {
        let (id, version) = (&guardrail.id, &guardrail.version);
        format!("{id}:{version} (streamed text {}, trace {})", streamed_text(guardrail), trace(guardrail))
    })
}

pub(in crate::cli) fn response_cache(cache: ResponseCaching) -> String {
    match cache {
        ResponseCaching::Off => "off".to_owned(),
        ResponseCaching::On(terms) => {
            let (lifetime, sharing) = (when::words(terms.lifetime), sharing(terms.sharing));
            format!("{lifetime}, for the {sharing}, {} requests", requests(terms.requests))
        }
    }
}

pub(in crate::cli) fn losses(losses: OnLoss) -> &'static str {
    match losses {
        OnLoss::Report => "report",
        OnLoss::Refuse => "refuse",
    }
}

pub(in crate::cli) fn caching(caching: Caching) -> &'static str {
    match caching {
        Caching::ByClient => "client",
        Caching::Automatic => "automatic",
    }
}

pub(in crate::cli) fn tagging(tagging: Tagging) -> &'static str {
    match tagging {
        Tagging::Off => "off",
        Tagging::On => "on",
    }
}

fn trace(guardrail: &Guardrail) -> &'static str {
    match guardrail.trace {
        GuardrailTrace::Enabled => "enabled",
        GuardrailTrace::Disabled => "disabled",
    }
}

fn streamed_text(guardrail: &Guardrail) -> &'static str {
    match guardrail.mode {
        GuardrailMode::Sync => "sync",
        GuardrailMode::Async => "async",
    }
}

fn sharing(sharing: Sharing) -> &'static str {
    match sharing {
        Sharing::Key => "key",
        Sharing::Team => "team",
    }
}

fn requests(requests: Cacheable) -> &'static str {
    match requests {
        Cacheable::Deterministic => "deterministic",
        Cacheable::All => "all",
    }
}
