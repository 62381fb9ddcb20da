use std::sync::Arc;

use axum::http::{HeaderMap, header};
use jiff::Timestamp;

use super::App;
use super::caller::{AwsCaller, Caller};
use crate::config::Iam;
use crate::error::{Failure, Kind};
use crate::store::{ApiKey, Keys, StoredKey, Verification};
use crate::telemetry::Stage;

/// The key that a request presents, if it is a valid one, or the one that its sender counts as by IAM.
pub(super) async fn authenticate(app: &App, caller: &Caller) -> Result<Arc<StoredKey>, Failure> {
    let _looking = caller.observation.time(Stage::Auth);
    let stored = identify(&*app.keys, app.iam, caller, Timestamp::now()).await?;
    caller.observation.authenticated(&stored.key.id, stored.key.team.as_ref());
    Ok(stored)
}

/// A key that is presented counts, and counts alone: if it is not valid, nothing else helps.
///
/// An unknown key and a wrong secret get the same answer, so ids cannot be tried out.
async fn identify(
    keys: &dyn Keys,
    iam: Iam,
    caller: &Caller,
    now: Timestamp,
) -> Result<Arc<StoredKey>, Failure> {
    let presented = match (presented(&caller.headers), iam, &caller.aws) {
        (Ok(presented), _, _) => presented,
        (Err(_), Iam::On, Some(aws)) => return by_principal(keys, aws, now).await,
        (Err(failure), _, _) => return Err(failure),
    };
    let presented = ApiKey::parse(presented)
        .map_err(|_| refused("the API key is malformed; check that it was copied whole"))?;
    let stored = keys.find(presented.id()).await?.ok_or_else(unknown)?;
    match stored.verify(&presented, now) {
        Verification::Verified => Ok(stored),
        Verification::WrongSecret => Err(unknown()),
        Verification::Expired => {
            Err(refused("the API key, or this secret of it, has expired; ask the operator for another one"))
        }
        Verification::Revoked => Err(refused("the API key was revoked; ask the operator for another one")),
    }
}

async fn by_principal(keys: &dyn Keys, aws: &AwsCaller, now: Timestamp) -> Result<Arc<StoredKey>, Failure> {
    keys.find_principal(aws.arn(), now).await?.ok_or_else(|| {
        refused("AWS knows you, but no valid key here names your principal; ask the operator to add its ARN")
            .with_internal(format!("no valid key names the principal `{}`", aws.arn()))
    })
}

/// The text behind `Authorization: Bearer`.
fn presented(headers: &HeaderMap) -> Result<&str, Failure> {
    let header = headers
        .get(header::AUTHORIZATION)
        .ok_or_else(|| refused("no API key: send it as `Authorization: Bearer adit_…`"))?;
    let text = header.to_str().ok().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty() => {
            Ok(key.trim())
        }
        _ => Err(refused("the `Authorization` header is not of the form `Bearer adit_…`")),
    }
}

fn unknown() -> Failure {
    refused("the API key is not known here")
}

fn refused(message: &str) -> Failure {
    Failure::new(Kind::Unauthenticated, message)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use axum::body::Body;
    use axum::http::Request;
    use tempfile::TempDir;

    use super::*;
    use crate::store::{Key, KeyName, KeyRecord, NewKey, Principal, Sqlite};

    const ARN: &str = "arn:aws:sts::123456789012:assumed-role/app/i-0abc";
    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/lambda/aws4_request";

    struct Fixture {
        store: Sqlite,
        secret: String,
        key: Key,
        _folder: TempDir,
    }

    async fn fixture() -> Fixture {
        let folder = TempDir::new().unwrap();
        let store = Sqlite::open(folder.path()).unwrap();
        let (secret, key) = store.create(NewKey::named(KeyName::parse("app").unwrap())).await.unwrap();
        let add = |record: &mut KeyRecord| {
            record.key.principals =
                vec![Principal::parse("arn:aws:sts::123456789012:assumed-role/app/*").unwrap()];
            Ok(())
        };
        store.edit(&key.id, Box::new(add)).await.unwrap();
        Fixture { store, secret: secret.expose().to_owned(), key, _folder: folder }
    }

    /// A request, as an ingress hands it over.
    fn caller(headers: &[(&str, &str)], aws: Option<&str>) -> Caller {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, _) = request.body(Body::empty()).unwrap().into_parts();
        if let Some(arn) = aws {
            parts.extensions.insert(AwsCaller::authenticated(arn));
        }
        Caller::of(&parts)
    }

    impl Fixture {
        async fn identify(&self, iam: Iam, caller: Caller) -> Result<bool, String> {
            let found = identify(&self.store, iam, &caller, Timestamp::now()).await;
            found.map(|stored| stored.key.id == self.key.id).map_err(|failure| {
                assert_eq!(failure.kind, Kind::Unauthenticated);
                failure.message
            })
        }
    }

    #[tokio::test]
    async fn whom_aws_has_authenticated_counts_as_the_key_that_names_it() {
        let fixture = fixture().await;
        for headers in [&[][..], &[("authorization", SIGNED)]] {
            assert_eq!(fixture.identify(Iam::On, caller(headers, Some(ARN))).await, Ok(true));
            assert!(
                fixture.identify(Iam::Off, caller(headers, Some(ARN))).await.is_err(),
                "nobody asked for it"
            );
            assert!(fixture.identify(Iam::On, caller(headers, None)).await.is_err());
        }
        let stranger = ARN.replace("/app/", "/other/");
        let refusal = fixture.identify(Iam::On, caller(&[], Some(&stranger))).await.unwrap_err();
        assert!(refusal.contains("no valid key here names your principal"), "{refusal}");

        fixture.store.revoke(&fixture.key.id, Timestamp::now()).await.unwrap();
        assert!(fixture.identify(Iam::On, caller(&[], Some(ARN))).await.is_err());
    }

    #[tokio::test]
    async fn no_header_makes_a_principal() {
        let fixture = fixture().await;
        let context = format!(r#"{{"authorizer":{{"iam":{{"userArn":"{ARN}"}}}}}}"#);
        for name in ["x-amzn-request-context", "x-amz-principal", "x-aws-caller", "x-adit-principal", "arn"] {
            for value in [ARN, &context] {
                let refusal = fixture.identify(Iam::On, caller(&[(name, value)], None)).await.unwrap_err();
                assert!(refusal.starts_with("no API key"), "{refusal}");
            }
        }
    }

    #[tokio::test]
    async fn a_key_that_is_presented_counts_alone() {
        let fixture = fixture().await;
        let right = format!("Bearer {}", fixture.secret);
        let stranger = ARN.replace("/app/", "/other/");
        let authorized = |value: &str, arn: &str| caller(&[("authorization", value)], Some(arn));
        assert_eq!(fixture.identify(Iam::On, authorized(&right, &stranger)).await, Ok(true));
        let refusal = fixture.identify(Iam::On, authorized("Bearer adit_wrong", ARN)).await.unwrap_err();
        assert!(refusal.contains("malformed"), "{refusal}");
    }

    #[tokio::test]
    async fn a_key_that_has_expired_is_told_so() {
        let fixture = fixture().await;
        let expire = |record: &mut KeyRecord| {
            record.key.expires = Some(Timestamp::UNIX_EPOCH);
            Ok(())
        };
        fixture.store.edit(&fixture.key.id, Box::new(expire)).await.unwrap();
        let bearer = format!("Bearer {}", fixture.secret);
        let refusal =
            fixture.identify(Iam::Off, caller(&[("authorization", &bearer)], None)).await.unwrap_err();
        assert!(refusal.contains("has expired"), "{refusal}");
        assert!(fixture.identify(Iam::On, caller(&[], Some(ARN))).await.is_err());
    }
}
