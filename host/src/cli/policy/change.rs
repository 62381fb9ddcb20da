use super::arguments::BudgetArgument;
use super::{CachingArgument, Inheritable, LossesArgument, PolicyArgs, SharingArgument, TaggingArgument};
use crate::chat::{Caching, Guardrail, GuardrailMode, GuardrailTrace};
use crate::metering::Limits;
use crate::store::{
    Cacheable, Guarding, OnLoss, Policy, ResponseCacheTerms, ResponseCaching, Sharing, Tagging,
};

/// Takes away what is to be inherited, and then sets what is said.
pub(super) fn apply(args: &PolicyArgs, policy: &mut Policy) {
    for setting in &args.inherit {
        inherit(*setting, policy);
    }
    if args.all_models || !args.models.is_empty() {
        policy.models = Some(args.models.clone());
    }
    if args.all_regions || !args.regions.is_empty() {
        policy.regions = Some(args.regions.iter().map(|region| region.0.clone()).collect());
    }
    policy.aliases.retain(|name, _| !args.no_aliases.contains(name));
    policy.aliases.extend(args.aliases.iter().map(|alias| (alias.name.clone(), alias.model.clone())));
    policy.profiles.retain(|model, _| !args.no_profiles.contains(model));
    policy.profiles.extend(args.profiles.iter().map(|profile| (profile.model.clone(), profile.arn.clone())));
    if let Some(losses) = args.losses {
        policy.losses = Some(match losses {
            LossesArgument::Report => OnLoss::Report,
            LossesArgument::Refuse => OnLoss::Refuse,
        });
    }
    if let Some(caching) = args.caching {
        policy.caching = Some(match caching {
            CachingArgument::Client => Caching::ByClient,
            CachingArgument::Automatic => Caching::Automatic,
        });
    }
    if let Some(tagging) = args.tagging {
        policy.tagging = Some(match tagging {
            TaggingArgument::On => Tagging::On,
            TaggingArgument::Off => Tagging::Off,
        });
    }
    guard(args, policy);
    keep_answers(args, policy);
    limit(args, &mut policy.limits);
}

fn inherit(setting: Inheritable, policy: &mut Policy) {
    match setting {
        Inheritable::Models => policy.models = None,
        Inheritable::Regions => policy.regions = None,
        Inheritable::Aliases => policy.aliases.clear(),
        Inheritable::Profiles => policy.profiles.clear(),
        Inheritable::Losses => policy.losses = None,
        Inheritable::Guardrail => policy.guardrail = None,
        Inheritable::Caching => policy.caching = None,
        Inheritable::ResponseCache => policy.response_cache = None,
        Inheritable::Tagging => policy.tagging = None,
    }
}

fn guard(args: &PolicyArgs, policy: &mut Policy) {
    if args.no_guardrail {
        policy.guardrail = Some(Guarding::Off);
    }
    if let Some(guardrail) = &args.guardrail {
        policy.guardrail = Some(Guarding::By(Guardrail {
            id: guardrail.id.clone(),
            version: guardrail.version.clone(),
            trace: if args.guardrail_trace { GuardrailTrace::Enabled } else { GuardrailTrace::Disabled },
            mode: if args.guardrail_async { GuardrailMode::Async } else { GuardrailMode::Sync },
        }));
    }
}

fn keep_answers(args: &PolicyArgs, policy: &mut Policy) {
    if args.no_response_cache {
        policy.response_cache = Some(ResponseCaching::Off);
    }
    if let Some(lifetime) = args.response_cache {
        policy.response_cache = Some(ResponseCaching::On(ResponseCacheTerms {
            lifetime: lifetime.duration(),
            sharing: match args.response_cache_for {
                Some(SharingArgument::Team) => Sharing::Team,
                Some(SharingArgument::Key) | None => Sharing::Key,
            },
            requests: if args.response_cache_all { Cacheable::All } else { Cacheable::Deterministic },
        }));
    }
}

fn limit(args: &PolicyArgs, limits: &mut Limits) {
    for (said, rate) in [
        (args.requests_per_minute, &mut limits.requests_per_minute),
        (args.tokens_per_minute, &mut limits.tokens_per_minute),
        (args.concurrent, &mut limits.concurrent_requests),
    ] {
        if let Some(said) = said {
            *rate = said.0;
        }
    }
    for BudgetArgument { budget, cap } in &args.budgets {
        match cap {
            Some(cap) => limits.budgets.insert(*budget, *cap),
            None => limits.budgets.remove(budget),
        };
    }
}
