//! What stands behind the options, each parsed once.

use std::num::NonZeroU32;
use std::str::FromStr;

use anyhow::{anyhow, bail};

use crate::capability::{Bare, bare};
use crate::metering::{Budget, Money, Unit};

/// The name of a region, such as `eu-central-1`.
#[derive(Debug, Clone)]
pub(super) struct Region(pub(super) String);

impl FromStr for Region {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let plain =
            text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if (1..=32).contains(&text.len()) && plain {
            Ok(Self(text.to_owned()))
        } else {
            bail!("`{text}` is no region: write its name, such as `eu-central-1`")
        }
    }
}

/// Another name for a model.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub(super) name: String,
    pub(super) model: String,
}

impl FromStr for Alias {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text.split_once('=') {
            Some((name, model)) if is_name(name) && is_name(model) => {
                Ok(Self { name: name.to_owned(), model: model.to_owned() })
            }
            _ => bail!("`{text}` is no alias: write its name, `=`, and a model's id or ARN"),
        }
    }
}

/// The application inference profile that stands for a model.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) model: String,
    pub(super) arn: String,
}

impl FromStr for Profile {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let malformed = || {
            anyhow!(
                "`{text}` is no profile: write a model's id, `=`, and the ARN of an application inference profile"
            )
        };
        let (model, arn) = text.split_once('=').ok_or_else(malformed)?;
        let of_application =
            arn.splitn(6, ':').nth(5).unwrap_or_default().starts_with("application-inference-profile/");
        let fits = is_name(model) && matches!(bare(model), Bare::Id(_)) && is_name(arn);
        if fits && arn.starts_with("arn:") && of_application {
            Ok(Self { model: model.to_owned(), arn: arn.to_owned() })
        } else {
            Err(malformed())
        }
    }
}

fn is_name(text: &str) -> bool {
    (1..=2048).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A guardrail with its version.
#[derive(Debug, Clone)]
pub(super) struct GuardrailArgument {
    pub(super) id: String,
    pub(super) version: String,
}

impl FromStr for GuardrailArgument {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts = text.rsplit_once(':').filter(|(id, version)| {
            is_name(id) && (*version == "DRAFT" || version.parse::<u32>().is_ok_and(|version| version > 0))
        });
        match parts {
            Some((id, version)) => Ok(Self { id: id.to_owned(), version: version.to_owned() }),
            None => bail!(
                "`{text}` is no guardrail: expected its id or ARN, `:`, and a version number or `DRAFT`"
            ),
        }
    }
}

/// So many, or as many as come.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateArgument(pub(super) Option<NonZeroU32>);

impl FromStr for RateArgument {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match (text, text.parse()) {
            ("none", _) => Ok(Self(None)),
            (_, Ok(number)) => Ok(Self(Some(number))),
            _ => bail!("`{text}` is no limit: write a number from 1 to {}, or `none`", u32::MAX),
        }
    }
}

/// A budget, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct BudgetArgument {
    pub(super) budget: Budget,
    /// Nanodollars or tokens.
    pub(super) cap: Option<u64>,
}

impl FromStr for BudgetArgument {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (name, amount) = text.split_once('=').unwrap_or((text, ""));
        let Some(budget) = Budget::ALL.into_iter().find(|budget| budget_name(*budget) == name) else {
            bail!(
                "`{text}` is no budget: write `money-per-day`, `money-per-month`, `tokens-per-day` or \
                 `tokens-per-month`, `=`, and an amount or `none`"
            );
        };
        if amount == "none" {
            return Ok(Self { budget, cap: None });
        }
        let cap = match budget.unit {
            Unit::Money => Money::parse(amount)?.nanodollars(),
            // What every store has a number for.
            Unit::Tokens => match amount.parse::<i64>().ok().and_then(|tokens| u64::try_from(tokens).ok()) {
                Some(tokens) if amount.bytes().all(|byte| byte.is_ascii_digit()) => tokens,
                _ => bail!("`{amount}` is no number of tokens: write a whole number, or `none`"),
            },
        };
        Ok(Self { budget, cap: Some(cap) })
    }
}

/// What a budget is called on the command line.
pub(in crate::cli) fn budget_name(budget: Budget) -> String {
    budget.name().replace('_', "-")
}
