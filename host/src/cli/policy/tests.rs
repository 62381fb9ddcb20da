#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
use clap::Parser;

use super::*;
use crate::metering::{Budget, Period, Unit};
use crate::store::{Guarding, OnLoss, ResponseCaching};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: PolicyArgs,
}

fn parsed(words: &str) -> Result<PolicyArgs, clap::Error> {
    Line::try_parse_from(format!("policy {words}").split_whitespace()).map(|line| line.args)
}

fn after(policy: &Policy, words: &str) -> Policy {
    let mut policy = policy.clone();
    parsed(words).unwrap().apply(&mut policy);
    policy
}

#[test]
fn changes_only_what_is_named() {
    let first = after(&Policy::default(), "--model amazon.* --model fast --losses refuse");
    assert_eq!(first.models.as_ref().unwrap().len(), 2);
    let second = after(&first, "--guardrail arn:aws:bedrock:us-east-1:1:guardrail/g:7");
    assert_eq!((&second.models, second.losses), (&first.models, Some(OnLoss::Refuse)));
    let guardrail =
        "guardrail:           arn:aws:bedrock:us-east-1:1:guardrail/g:7 (streamed text sync, trace disabled)";
    assert!(lines(&second).ends_with(guardrail), "{}", lines(&second));
    let third = after(&second, "--no-guardrail --all-models --losses report");
    assert_eq!((third.models, third.guardrail), (Some(Vec::new()), Some(Guarding::Off)));
    assert_eq!(third.losses, Some(OnLoss::Report));
}

#[test]
fn what_is_inherited_is_taken_away() {
    let full = "--model a --region eu-central-1 --alias fast=a --losses refuse --no-guardrail --caching client \
                --profile a=arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/x \
                --response-cache 1h --tagging on";
    let full = after(&Policy::default(), full);
    assert_eq!(after(&full, "--inherit models").models, None);
    let all = Inheritable::value_variants();
    let words: Vec<_> =
        all.iter().map(|one| one.to_possible_value().unwrap().get_name().to_owned()).collect();
    let nothing = after(&full, &format!("--inherit {}", words.join(" --inherit ")));
    assert_eq!(nothing, Policy::default());
}

#[test]
fn aliases_come_and_go_by_name() {
    let two = after(&Policy::default(), "--alias fast=amazon.nova-lite-v1:0 --alias good=b");
    let one = after(&two, "--no-alias good --alias fast=c");
    assert_eq!(one.aliases.into_iter().collect::<Vec<_>>(), [("fast".to_owned(), "c".to_owned())]);
}

#[test]
fn limits_are_set_and_taken_away() {
    let set = after(
        &Policy::default(),
        "--requests-per-minute 60 --tokens-per-minute 100000 --concurrent 4 --budget money-per-month=20.50 \
         --budget tokens-per-day=0",
    );
    let budget = |unit, period| set.limits.budgets.get(&Budget { unit, period }).copied();
    assert_eq!(budget(Unit::Money, Period::Month), Some(20_500_000_000));
    assert_eq!(budget(Unit::Tokens, Period::Day), Some(0));
    assert_eq!(
        lines(&set),
        "requests-per-minute: 60\ntokens-per-minute:   100000\nconcurrent:          4\n\
         money-per-month:     $20.50\ntokens-per-day:      0"
    );
    let rest = after(&set, "--requests-per-minute none --budget money-per-month=none");
    assert_eq!((rest.limits.requests_per_minute, rest.limits.budgets.len()), (None, 1));
    assert_eq!(rest.limits.concurrent_requests, set.limits.concurrent_requests);
}

#[test]
fn the_response_cache_is_said_as_a_whole() {
    let set = after(&Policy::default(), "--response-cache 1h --response-cache-for team --response-cache-all");
    assert_eq!(lines(&set), "response-cache:      1h, for the team, all requests");
    let anew = after(&set, "--response-cache 90s");
    assert_eq!(lines(&anew), "response-cache:      90s, for the key, deterministic requests");
    assert_eq!(after(&anew, "--no-response-cache").response_cache, Some(ResponseCaching::Off));
    assert_eq!(lines(&Policy::default()), "nothing is set");
}

#[test]
fn says_in_a_line_what_cannot_be_used() {
    for (words, reason) in [
        ("--guardrail gr", "is no guardrail"),
        ("--guardrail gr:", "is no guardrail"),
        ("--guardrail :1", "is no guardrail"),
        ("--guardrail gr:latest", "is no guardrail"),
        ("--guardrail gr:0", "is no guardrail"),
        ("--alias fast", "is no alias"),
        ("--alias =a", "is no alias"),
        ("--profile a=b", "is no profile"),
        ("--profile a=arn:aws:bedrock:us-east-1::foundation-model/a", "is no profile"),
        ("--region Frankfurt", "is no region"),
        ("--requests-per-minute 0", "is no limit"),
        ("--concurrent many", "is no limit"),
        ("--budget money-per-year=1", "is no budget"),
        ("--budget money-per-day", "is no amount of US dollars"),
        ("--budget money-per-day=-1", "is no amount of US dollars"),
        ("--budget tokens-per-day=1.5", "is no number of tokens"),
        ("--response-cache soon", "is no length of time"),
        ("--response-cache 1h --no-response-cache", "cannot be used with"),
        ("--response-cache-all", "required"),
        ("--inherit everything", "invalid value"),
    ] {
        let error = parsed(words).unwrap_err().to_string();
        assert!(error.contains(reason), "{words}: {error}");
    }
}
