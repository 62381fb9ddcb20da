//! Are there credentials? Their form is checked, the signature itself is not.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};

use crate::error::ServiceError;

/// How a request says who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// A Signature Version 4 in the `Authorization` header.
    SigV4,
    /// A Bedrock API key as a bearer token.
    Bearer,
}

/// What the credentials of a request say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) authentication: Authentication,
    /// The Region in the credential scope of a signature. A bearer token names none.
    pub(crate) region: Option<String>,
}

/// Reads a bearer token or the header of a SigV4 signature.
pub(crate) fn caller(headers: &HeaderMap) -> Result<Caller, ServiceError> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Err(ServiceError::missing_token());
    };
    let value = value.to_str().unwrap_or_default().trim();
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    match scheme {
        "Bearer" if !rest.trim().is_empty() => {
            Ok(Caller { authentication: Authentication::Bearer, region: None })
        }
        "AWS4-HMAC-SHA256" => signature(rest),
        _ => Err(ServiceError::missing_token()),
    }
}

fn signature(parameters: &str) -> Result<Caller, ServiceError> {
    let parameter = |name: &str| {
        let pairs = parameters.split(',').filter_map(|part| part.trim().split_once('='));
        pairs.into_iter().find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
    };
    for name in ["Credential", "Signature", "SignedHeaders"] {
        if parameter(name).is_none() {
            return Err(ServiceError::new(
                403,
                "IncompleteSignatureException",
                format!("Authorization header requires '{name}' parameter."),
            ));
        }
    }
    // The scope is `key id/date/Region/service/aws4_request`.
    let region = parameter("Credential").and_then(|scope| scope.split('/').nth(2)).map(str::to_owned);
    Ok(Caller { authentication: Authentication::SigV4, region })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn read(authorization: &str) -> Result<Caller, ServiceError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        caller(&headers)
    }

    #[test]
    fn credentials_must_have_the_form_of_credentials() {
        let missing = Some("MissingAuthenticationTokenException");
        let cases = [
            ("Bearer key", None),
            ("Bearer ", missing),
            ("Basic eDp5", missing),
            ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00", None),
            ("AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=00", None),
            ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host", Some("IncompleteSignatureException")),
        ];
        for (value, expected) in cases {
            let refused = read(value).err();
            assert_eq!(refused.as_ref().map(|error| error.kind.as_ref()), expected, "{value}");
        }
        assert!(caller(&HeaderMap::new()).is_err());
    }

    #[test]
    fn a_signature_names_the_region() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/bedrock/aws4_request, SignedHeaders=host, Signature=00";
        let region = Some("eu-west-1".to_owned());
        assert_eq!(read(signed).unwrap(), Caller { authentication: Authentication::SigV4, region });
        let bearer = Caller { authentication: Authentication::Bearer, region: None };
        assert_eq!(read("Bearer key").unwrap(), bearer);
    }
}
