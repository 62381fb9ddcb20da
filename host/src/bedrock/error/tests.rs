use super::*;

#[track_caller]
fn check(code: &str, message: &str, status: u16, expected: Kind) -> Failure {
    let failure = refused(Some(code), Some(message), Some(status), None);
    assert_eq!(failure.kind, expected);
    failure
}

#[test]
fn sorts_by_code() {
    for (code, expected) in [
        ("ExpiredTokenException", Kind::Credentials),
        ("InternalServerException", Kind::UpstreamInternal),
        ("InvalidSignatureException", Kind::Credentials),
        ("ModelErrorException", Kind::ModelError),
        ("ModelNotReadyException", Kind::ModelNotReady),
        ("ModelStreamErrorException", Kind::ModelError),
        ("ModelTimeoutException", Kind::ModelTimeout),
        ("ResourceNotFoundException", Kind::ModelNotFound),
        ("ServiceQuotaExceededException", Kind::Throttled),
        ("ServiceUnavailableException", Kind::UpstreamUnavailable),
        ("ThrottlingException", Kind::Throttled),
        ("UnrecognizedClientException", Kind::Credentials),
        ("ValidationException", Kind::InvalidRequest),
    ] {
        check(code, "", 400, expected);
    }
}

#[test]
fn sorts_by_status_where_the_code_is_unknown() {
    for (status, expected) in [
        (400, Kind::InvalidRequest),
        (401, Kind::Credentials),
        (403, Kind::Denied),
        (404, Kind::ModelNotFound),
        (413, Kind::TooLarge),
        (429, Kind::Throttled),
        (500, Kind::UpstreamInternal),
        (502, Kind::UpstreamInternal),
        (503, Kind::UpstreamUnavailable),
    ] {
        check("NewException", "", status, expected);
    }
    check("", "", 404, Kind::UpstreamInternal);
}

#[test]
fn tells_apart_what_shares_a_code() {
    for (message, expected) in [
        ("Input is too long for requested model.", Kind::ContextLength),
        ("prompt is too long: 204807 tokens > 200000 maximum", Kind::ContextLength),
        ("The provided model identifier is invalid.", Kind::ModelNotFound),
        ("The model returned the following errors: tool name is too long", Kind::InvalidRequest),
    ] {
        check("ValidationException", message, 400, expected);
    }
    check("AccessDeniedException", "Please make sure your API Key is valid.", 403, Kind::Credentials);
}

#[test]
fn the_client_reads_bedrocks_words_only_about_its_own_request() {
    let arn = "User: arn:aws:sts::123456789012:assumed-role/gateway is not authorized";
    for (code, shown) in [
        ("ValidationException", true),
        ("AccessDeniedException", false),
        ("UnrecognizedClientException", false),
        ("ResourceNotFoundException", false),
        ("ThrottlingException", false),
    ] {
        let failure = refused(Some(code), Some(arn), Some(400), None);
        assert_eq!(failure.message.contains("arn:aws"), shown, "{code}");
    }
}

#[test]
fn a_refused_role_is_not_the_callers_key() {
    let failure = check("AccessDeniedException", "no", 403, Kind::Denied);
    assert!(
        failure.message.contains("the gateway's own AWS role")
            && failure.message.contains("your API key is fine")
    );
}

#[test]
fn says_when_to_come_back() {
    let throttled = |pause| refused(Some("ThrottlingException"), None, Some(429), pause).retry_after;
    assert_eq!(throttled(pause(None, None)), None);
    assert_eq!(throttled(pause(None, Some("30"))), Some(Duration::from_secs(30)));
    assert_eq!(throttled(pause(Some("1500"), Some("30"))), Some(Duration::from_millis(1500)));
    assert_eq!(throttled(pause(None, Some("Wed, 21 Oct 2026 07:28:00 GMT"))), None);
    assert_eq!(refused(Some("ValidationException"), None, Some(400), None).retry_after, None);
}
