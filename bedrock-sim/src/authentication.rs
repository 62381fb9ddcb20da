//! Are there credentials? Their form is checked, the signature itself is not.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use crate::error::ServiceError;

/// Accepts a bearer token or the header of a SigV4 signature.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), ServiceError> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Err(ServiceError::missing_token());
    };
    let value = value.to_str().unwrap_or_default().trim();
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    match scheme {
        "Bearer" if !rest.trim().is_empty() => Ok(()),
        "AWS4-HMAC-SHA256" => signature(rest),
        _ => Err(ServiceError::missing_token()),
    }
}

fn signature(parameters: &str) -> Result<(), ServiceError> {
    for name in ["Credential", "Signature", "SignedHeaders"] {
        let found = parameters
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
            .any(|(key, value)| key == name && !value.is_empty());
        if !found {
            return Err(ServiceError::new(
                403,
                "IncompleteSignatureException",
                format!("Authorization header requires '{name}' parameter."),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn credentials_must_have_the_form_of_credentials() {
        let cases = [
            (None, Some("MissingAuthenticationTokenException")),
            (Some("Bearer key"), None),
            (Some("Bearer "), Some("MissingAuthenticationTokenException")),
            (Some("Basic eDp5"), Some("MissingAuthenticationTokenException")),
            (Some("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00"), None),
            (Some("AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=00"), None),
            (
                Some("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host"),
                Some("IncompleteSignatureException"),
            ),
        ];
        for (value, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(AUTHORIZATION, value.parse().unwrap());
            }
            let refused = check(&headers).err();
            assert_eq!(refused.as_ref().map(|error| error.kind.as_ref()), expected, "{value:?}");
        }
    }
}
