//! Application inference profiles.

use std::time::Duration;

use crate::bedrock::Bedrock;
use crate::capability::{Capabilities, Entries, Models, Operator};
use crate::chat::Delivery;
use crate::config::Timeouts;
use crate::pipeline::{Plan, Upstream};

use super::canned::{Canned, Piece, Reply, Response};
use super::{bedrock_in, request};

const ARN: &str = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2";

/// What Bedrock says of the profile.
fn found() -> Response {
    let body = serde_json::json!({
        "inferenceProfileName": "team-a", "inferenceProfileId": "a1b2", "inferenceProfileArn": ARN,
        "status": "ACTIVE", "type": "APPLICATION",
        "models": [{ "modelArn": "arn:aws:bedrock:eu-west-1::foundation-model/x.known-v1:0" }],
    });
    Response::json(200, &body.to_string())
}

fn bedrock(http: &Canned) -> Bedrock {
    let entries = "[[model]]\npattern = 'x.known-*'\nfamily = 'Known'\nmax_output_tokens = 4096\n\
                   prices = { input = 3.0, output = 15.0 }";
    let entries = Entries::parse(entries).unwrap();
    let known = Models::with(Operator { entries, ..Operator::default() });
    bedrock_in(http, &["us-east-1", "eu-west-1"], 3, Timeouts::default(), known)
}

async fn plan(bedrock: &Bedrock, model: &str) -> Plan {
    let mut request = request(Delivery::Whole);
    request.model = model.to_owned();
    bedrock.prepare(&request).await.unwrap().plan()
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_looked_up_once_where_its_arn_says() {
    let http = Canned::new([found()]);
    let bedrock = bedrock(&http);
    for _ in 0..3 {
        let plan = plan(&bedrock, ARN).await;
        assert_eq!(
            (plan.family.as_str(), plan.model.as_str(), plan.region.as_str()),
            ("Known", ARN, "eu-west-1")
        );
        assert_eq!((plan.max_output_tokens, plan.prices), (Some(4096), Some((3.0, 15.0))));
        assert!(plan.input_tokens > 0);
    }
    let requests = http.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].uri().starts_with("https://bedrock.eu-west-1.amazonaws.com/inference-profiles/arn%3A")
    );
}

#[tokio::test(start_paused = true)]
async fn requests_at_the_same_time_wait_for_one_look_up() {
    let mut slow = found();
    slow.pieces.insert(0, Piece::Pause);
    let http = Canned::new([slow]);
    let bedrock = bedrock(&http);
    let plans = futures::join!(plan(&bedrock, ARN), plan(&bedrock, ARN), plan(&bedrock, ARN));
    for plan in [plans.0, plans.1, plans.2] {
        assert_eq!(plan.family, "Known");
    }
    assert_eq!(http.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_cannot_be_looked_up_is_a_model_that_nobody_knows_for_a_minute() {
    let refused = Response::new(403, &[("x-amzn-errortype", "AccessDeniedException")], &[b"{}"]);
    for trouble in [refused.into(), Reply::Unreachable, Reply::Silence] {
        let http = Canned::new([trouble, found().into()]);
        let bedrock = bedrock(&http);
        for _ in 0..3 {
            assert_eq!(plan(&bedrock, ARN).await.family, Capabilities::OTHER);
        }
        assert_eq!(http.requests().len(), 1);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(plan(&bedrock, ARN).await.family, "Known");
    }
}

#[tokio::test]
async fn bedrock_is_not_asked_about_what_says_its_model_or_is_no_profile() {
    let http = Canned::default();
    let bedrock = bedrock(&http);
    for (model, family) in [
        ("x.known-v1:0", "Known"),
        ("us.x.known-v1:0", "Known"),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/us.x.known-v1:0", "Known"),
        ("arn:aws:bedrock:us-east-1:1:provisioned-model/x", Capabilities::OTHER),
    ] {
        assert_eq!(plan(&bedrock, model).await.family, family, "{model}");
    }
    assert!(http.requests().is_empty());
}
