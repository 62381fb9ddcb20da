//! A catalog in a part of a bucket.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, ResponseChecksumValidation};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::{CatalogError, Created, Objects};
use crate::aws;
use crate::catalog::error::Refusal;
use crate::config::S3Access;

/// For one attempt at one request, until its answer begins.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a write is tried that meets another write of the same name.
const CONFLICTS: usize = 5;

/// The objects of a bucket whose names begin with a prefix.
pub(super) struct S3 {
    client: Client,
    bucket: String,
    prefix: String,
}

impl S3 {
    /// With credentials and region of the AWS environment. Nothing is sent.
    pub(super) async fn open(bucket: &str, prefix: &str, access: &S3Access) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(aws::CONNECT_TIMEOUT)
            .operation_attempt_timeout(ANSWER_TIMEOUT)
            .build();
        let shared = aws::loader(None, None).timeout_config(timeouts).load().await;
        let mut config = Builder::from(&shared)
            .force_path_style(access.path_style)
            // What is read is compared with its digest.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = &access.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Self {
            client: Client::from_conf(config.build()),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    fn key(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    fn url(&self, path: &str) -> String {
        format!("s3://{}/{}{path}", self.bucket, self.prefix)
    }

    fn unavailable<E>(
        &self,
        action: &'static str,
        path: &str,
        fault: &SdkError<E, HttpResponse>,
    ) -> CatalogError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let reason = match (fault.code(), fault.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            _ => DisplayErrorContext(fault).to_string(),
        };
        CatalogError::Unavailable { action, object: self.url(path), reason }
    }
}

#[async_trait]
impl Objects for S3 {
    async fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, CatalogError> {
        let too_large = || CatalogError::Refused { object: self.url(path), refusal: Refusal::TooLarge(most) };
        let mut object = match self.client.get_object().bucket(&self.bucket).key(self.key(path)).send().await
        {
            Ok(object) => object,
            Err(fault) if fault.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Ok(None);
            }
            Err(fault) => return Err(self.unavailable("read", path, &fault)),
        };
        let announced = object.content_length().and_then(|length| u64::try_from(length).ok());
        let mut bytes = Vec::with_capacity(usize::try_from(announced.unwrap_or(0).min(most)).unwrap_or(0));
        while let Some(piece) = object.body.try_next().await.map_err(|fault| CatalogError::Unavailable {
            action: "read",
            object: self.url(path),
            reason: DisplayErrorContext(&fault).to_string(),
        })? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > most {
                return Err(too_large());
            }
        }
        // Lets the connection become free: whoever reads the next object would open another one.
        tokio::task::yield_now().await;
        Ok(Some(bytes))
    }

    async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<Created, CatalogError> {
        let mut conflicts = 0;
        loop {
            let put = self
                .client
                .put_object()
                .bucket(&self.bucket)
                .key(self.key(path))
                .if_none_match("*")
                .body(ByteStream::from(bytes.clone()));
            let Err(fault) = put.send().await else { return Ok(Created::New) };
            match fault.raw_response().map(|response| response.status().as_u16()) {
                Some(412) => return Ok(Created::Existed),
                // Another write of the same name has not ended: who is first is not decided.
                Some(409) if conflicts < CONFLICTS => conflicts += 1,
                _ => return Err(self.unavailable("write", path, &fault)),
            }
        }
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, CatalogError> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(self.key(folder))
            .into_paginator()
            .send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|fault| self.unavailable("list", folder, &fault))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            names.extend(keys.filter_map(|key| key.strip_prefix(&self.prefix)).map(str::to_owned));
        }
        Ok(names)
    }
}
