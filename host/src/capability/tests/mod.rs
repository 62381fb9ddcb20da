#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod docs;
mod known;

use super::models::resolve;
use super::*;
use crate::chat::Effort;
use known::IDS;

fn of(model: &str) -> std::sync::Arc<Capabilities> {
    Models::built_in().capabilities(model)
}

fn built_in() -> Entries {
    Entries::parse(include_str!("../models.toml")).unwrap()
}

#[test]
fn every_built_in_entry_says_something_about_a_known_model() {
    let entries = built_in().0;
    for (index, entry) in entries.iter().enumerate() {
        let fitting: Vec<&&str> = IDS.iter().filter(|id| entry.pattern.fits(id)).collect();
        assert!(!fitting.is_empty(), "no known model fits {:?}", entry.pattern);
        let without =
            || entries.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, entry)| entry);
        assert!(
            fitting.iter().any(|id| resolve(without(), id) != resolve(entries.iter(), id)),
            "other entries already say all that {:?} says",
            entry.pattern
        );
    }
}

#[test]
fn every_known_model_has_a_family() {
    for id in IDS {
        assert_ne!(of(id).family, Capabilities::OTHER, "{id}");
    }
}

#[test]
fn an_unknown_model_takes_what_any_takes_and_keeps_its_tools() {
    let unknown = of("somebody.something-v9:0");
    assert_eq!(*unknown, Capabilities::default());
    assert_eq!((unknown.backend, unknown.max_output_tokens), (Backend::Converse, None));
    assert_eq!(
        unknown.tools.map(|tools| (tools.any, tools.named)),
        Some((Support::Accepted, Support::Accepted))
    );
    assert_eq!(unknown.structured_output, StructuredOutput::Tool);
    assert!(unknown.caching.is_none());
}

#[test]
fn models_think_in_their_own_way() {
    let table = [
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "none"),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "budget 1024 16384 63744"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "budget 1024 16384 63744"),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", "budget 1024 16384 31744"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "budget 1024 16384 63744"),
        ("global.anthropic.claude-sonnet-4-6", "adaptive low high max"),
        ("us.anthropic.claude-opus-4-7", "adaptive low high max"),
        ("us.anthropic.claude-sonnet-5", "adaptive low high max"),
        ("anthropic.claude-of-tomorrow", "adaptive low high max"),
        ("amazon.nova-pro-v1:0", "none"),
        ("us.amazon.nova-2-lite-v1:0", "nova low high high"),
        ("openai.gpt-oss-120b-1:0", "effort low high high"),
        ("us.deepseek.r1-v1:0", "none"),
        ("deepseek.v3-v1:0", "effort low high high"),
        ("zai.glm-4.7-flash", "effort low high high"),
    ];
    for (model, expected) in table {
        let ends = |style: &str, efforts: &Efforts| {
            let [least, high, most] =
                [Effort::Minimal, Effort::High, Effort::Max].map(|effort| efforts.nearest(effort).as_str());
            format!("{style} {least} {high} {most}")
        };
        let found = match &of(model).thinking {
            Thinking::None => "none".to_owned(),
            Thinking::Budget(budgets) => {
                let [least, high, most] =
                    [Effort::Minimal, Effort::High, Effort::Max].map(|effort| budgets.tokens(effort));
                format!("budget {least} {high} {most}")
            }
            Thinking::Adaptive { efforts } => ends("adaptive", efforts),
            Thinking::Nova { efforts } => ends("nova", efforts),
            Thinking::Effort { efforts } => ends("effort", efforts),
        };
        assert_eq!(found, expected, "{model}");
    }
}

#[test]
fn models_differ_in_sampling_and_prefill() {
    use SamplingPair::{Both, OneOf};
    use Support::{Accepted, Refused};
    let table = [
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", Accepted, Both, Accepted),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", Accepted, OneOf, Accepted),
        ("us.anthropic.claude-sonnet-4-6", Accepted, OneOf, Refused),
        ("us.anthropic.claude-opus-4-7", Refused, Both, Refused),
        ("us.anthropic.claude-sonnet-5", Refused, Both, Refused),
        ("amazon.nova-lite-v1:0", Accepted, Both, Accepted),
    ];
    for (model, temperature, pair, prefill) in table {
        let of = of(model);
        assert_eq!((of.temperature, of.sampling_pair, of.prefill), (temperature, pair, prefill), "{model}");
        assert_eq!(of.top_p, temperature, "{model}");
    }
    assert_eq!(of("amazon.nova-lite-v1:0").top_k, Some(TopK::InferenceConfig));
    assert_eq!(of("amazon.nova-lite-v1:0").max_stop_sequences, Some(4));
}

#[test]
fn recorded_exchanges_agree() {
    for model in [
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us.anthropic.claude-sonnet-4-6",
        "google.gemma-3-27b-it",
        "minimax.minimax-m2",
        "nvidia.nemotron-nano-12b-v2",
        "zai.glm-4.7-flash",
    ] {
        assert_eq!(of(model).structured_output, StructuredOutput::Native, "{model}");
    }
    for model in ["us.amazon.nova-2-lite-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"] {
        assert_eq!(of(model).tools.map(|tools| tools.any), Some(Support::Accepted), "{model}");
    }
    assert_eq!(of("openai.gpt-5.6-luna").backend, Backend::OpenAi);
    assert_eq!(of("openai.gpt-oss-120b-1:0").backend, Backend::Converse);
    assert_eq!(of("us.anthropic.claude-sonnet-4-5-20250929-v1:0").s3_media, Support::Refused);
}

#[test]
fn embeddings_have_their_own_rules() {
    let table = [
        ("amazon.titan-embed-text-v1", EmbeddingApi::TitanV1, 1, 1536),
        ("amazon.titan-embed-text-v2:0", EmbeddingApi::TitanV2, 1, 1024),
        ("cohere.embed-english-v3", EmbeddingApi::Cohere, 96, 1024),
        ("us.cohere.embed-v4:0", EmbeddingApi::CohereV4, 96, 1536),
        ("amazon.nova-2-multimodal-embeddings-v1:0", EmbeddingApi::Nova, 1, 3072),
    ];
    for (model, api, max_texts, dimension) in table {
        let embedding = of(model).embedding.clone().unwrap();
        assert_eq!((embedding.api, embedding.max_texts), (api, max_texts), "{model}");
        assert_eq!(embedding.dimensions.first(), Some(&dimension), "{model}");
    }
    assert_eq!(of("us.amazon.nova-2-lite-v1:0").embedding, None);
}

#[test]
fn an_image_costs_what_its_tokens_cost() {
    let table = [
        ("amazon.nova-canvas-v1:0", ImageApi::Amazon, None, 0.04),
        ("amazon.nova-canvas-v1:0", ImageApi::Amazon, Some(1024 * 1024), 0.04),
        ("amazon.nova-canvas-v1:0", ImageApi::Amazon, Some(2048 * 2048), 0.06),
        ("amazon.titan-image-generator-v2:0", ImageApi::Amazon, Some(512 * 512), 0.01),
        ("stability.sd3-5-large-v1:0", ImageApi::Stability, None, 0.08),
        ("us.stability.stable-image-core-v1:1", ImageApi::Stability, None, 0.04),
        ("stability.stable-image-ultra-v1:1", ImageApi::Stability, None, 0.14),
    ];
    for (model, api, pixels, dollars) in table {
        let of = of(model);
        let generation = of.image_generation.unwrap();
        assert_eq!(generation.api, api, "{model}");
        let picodollars = of.prices.unwrap().output.of(generation.tokens(pixels));
        assert_eq!(picodollars, Price::try_from(dollars * 1e3).unwrap().picodollars() * 1000, "{model}");
    }
    // Those change an image that they are given.
    assert_eq!(of("stability.stable-image-inpaint-v1:0").image_generation, None);
    assert_eq!(of("us.amazon.nova-2-lite-v1:0").image_generation, None);
}

#[test]
fn the_operator_has_the_last_word() {
    let entries = Entries::parse(
        "[[model]]\npattern = 'amazon.nova-lite-*'\nmax_output_tokens = 500\ntools = false\n\
         [[model]]\npattern = 'mine.*'\nfamily = 'Mine'\ncaching = { min_tokens = 1, max_points = 4, hour_ttl = 'refused', system = 'accepted', messages = 'accepted', tools = 'accepted' }",
    )
    .unwrap();
    let models = Models::with(Operator { entries, ..Operator::default() });
    let nova = models.capabilities("us.amazon.nova-lite-v1:0");
    assert_eq!(nova.max_output_tokens.map(Into::into), Some(500_u32));
    assert_eq!((nova.tools, nova.family.as_str()), (None, "Nova"));
    assert_eq!(models.capabilities("mine.own").caching.map(|caching| caching.min_tokens), Some(1));
}

#[test]
fn a_fault_in_a_file_is_told_with_its_line() {
    let table = [
        ("", None),
        ("[[model]]\nfamily = 'x'", Some("line 1: missing field `pattern`")),
        ("[[model]]\npattern = '*'\ncolour = 1", Some("line 3: unknown field `colour`")),
        ("\n[[model]]\npattern = 'a?'", Some("line 3: `a?` is no pattern")),
        ("[[model]]\npattern = '*'\nsystem = 'yes'", Some("line 3: unknown variant `yes`, expected")),
        ("[[model]]\npattern = '*'\nmax_output_tokens = 0", Some("line 3: invalid value: integer `0`")),
        ("[[model]]\npattern = '*'\ntools = true", Some("line 3: `true` says too little")),
        ("[[model]]\npattern = '*'\ntools = { any = 'accepted' }", Some("line 3: missing field")),
        ("[[model]]\npattern = '*'\ntools = { every = 1 }", Some("line 3: unknown field `every`")),
        ("[[model]]\npattern = '*'\nprices = { input = -1, output = 1 }", Some("line 3: `-1` is no price")),
        ("[[model]]\npattern = '*'\nthinking = { style = 'deep' }", Some("line 3: unknown variant `deep`")),
        ("[[model]]\npattern = '*'\nthinking = { style = 'nova', efforts = [] }", Some("line 3: ")),
        ("[[model]]\npattern = '*'\nthinking = { style = 'nova', effort = 1 }", Some("line 3: ")),
        ("[[model]\n", Some("line 1: ")),
    ];
    for (text, expected) in table {
        match (Entries::parse(text), expected) {
            (Ok(_), None) => {}
            (Err(fault), Some(expected)) => {
                let fault = fault.to_string();
                assert!(fault.starts_with(expected) && !fault.contains('\n'), "{text:?}: {fault}");
            }
            (found, _) => panic!("{text:?}: {found:?}"),
        }
    }
}

#[test]
fn aliases_and_profiles_lead_to_models() {
    const PROFILE: &str = "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/x";
    const OTHER: &str = "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/y";
    let models = Models::with(Operator {
        aliases: [("gpt-4o".to_owned(), "us.amazon.nova-lite-v1:0".to_owned())].into(),
        profiles: [(PROFILE.to_owned(), "us.amazon.nova-pro-v1:0".to_owned())].into(),
        ..Operator::default()
    });
    assert_eq!(models.resolve_alias("gpt-4o"), "us.amazon.nova-lite-v1:0");
    assert_eq!(models.resolve_alias("gpt-4"), "gpt-4");
    assert_eq!(models.aliases().collect::<Vec<_>>(), [("gpt-4o", "us.amazon.nova-lite-v1:0")]);
    assert_eq!(models.capabilities(PROFILE).family, "Nova");
    assert!(!models.is_unresolved(PROFILE) && !models.is_unresolved("gpt-4o"));

    assert!(models.is_unresolved(OTHER));
    assert_eq!(*models.capabilities(OTHER), Capabilities::default());
    models.clone().learn(OTHER, "arn:aws:bedrock:us-east-1::foundation-model/openai.gpt-oss-20b-1:0");
    assert!(!models.is_unresolved(OTHER));
    assert_eq!(models.capabilities(OTHER).family, "gpt-oss");
    // What the operator says stays.
    models.learn(PROFILE, "openai.gpt-oss-20b-1:0");
    assert_eq!(models.capabilities(PROFILE).family, "Nova");
}

#[test]
fn remembers_a_model_and_forgets_before_memory_is_full() {
    let models = Models::built_in();
    let first = models.capabilities("us.amazon.nova-lite-v1:0");
    assert!(std::sync::Arc::ptr_eq(&first, &models.capabilities("amazon.nova-lite-v1:0")));
    for number in 0..2000 {
        models.capabilities(&format!("made-up-{number}"));
        models.learn(&format!("arn:made-up-{number}"), "amazon.nova-lite-v1:0");
    }
    assert_eq!(models.capabilities("us.amazon.nova-lite-v1:0"), first);
    assert!(models.is_unresolved("arn:made-up-0") && !models.is_unresolved("arn:made-up-1999"));
}
