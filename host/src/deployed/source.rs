//! Where the settings of the function come from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::aws::InvalidEndpoint;
use crate::aws::parameters::{self, Reading, Unreadable};
use crate::config::{
    CatalogCache, Config, ConfigError, ParameterError, Parameters, SecretError, SecretValues,
};
use crate::env;
use crate::store::{self, Dynamo, Store, StoreError, Tables};

/// Where a database lies, if there is one.
const DATA: &str = "/tmp/adit";

/// What the environment says.
#[derive(Debug, Clone)]
pub(super) struct Source {
    place: Place,
    /// The folder that the operator has named.
    data: Option<PathBuf>,
    upstream: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Below this path in Parameter Store, which ends in `/`.
    Parameters(String),
    /// In this file, or nowhere.
    File(Option<PathBuf>),
}

/// [`env::PARAMETERS`] is no path.
#[derive(Debug, thiserror::Error)]
#[error("`ADIT_PARAMETERS` is `{0}`, which is no path of Parameter Store: expected one such as `/adit/dev`")]
pub(super) struct InvalidPath(String);

/// Why there are no settings, or no store.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was read, to see whether it has changed.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Read {
    Parameters(Parameters),
    /// The files of a function do not change.
    File,
}

impl Source {
    pub(super) fn of_environment() -> Result<Self, InvalidPath> {
        let place = match env::read(env::PARAMETERS) {
            Some(path) => Place::Parameters(parameter_path(path)?),
            None => Place::File(env::read(env::CONFIG).map(PathBuf::from)),
        };
        let data = env::read(env::DATA).map(PathBuf::from);
        Ok(Self { place, data, upstream: env::read(env::UPSTREAM) })
    }

    /// The settings of a file.
    #[cfg(test)]
    pub(super) fn file(path: PathBuf, data: PathBuf) -> Self {
        Self { place: Place::File(Some(path)), data: Some(data), upstream: None }
    }

    /// Asks Parameter Store.
    pub(super) async fn read(&self) -> Result<Read, SourceError> {
        Ok(match &self.place {
            Place::Parameters(path) => {
                let values = parameters::read(path, Reading::Open, None, None).await?;
                Read::Parameters(Parameters::new(path, values))
            }
            Place::File(_) => Read::File,
        })
    }

    /// The settings, and the secrets of plugins.
    pub(super) fn settings(&self, read: &Read) -> Result<(Config, SecretValues), SourceError> {
        let (mut config, secrets) = match (read, &self.place) {
            (Read::Parameters(parameters), _) => parameters.read(self.data())?,
            (Read::File, Place::File(file)) => {
                (Config::load(file.as_deref(), self.data())?, SecretValues::default())
            }
            (Read::File, Place::Parameters(_)) => (Config::load(None, self.data())?, SecretValues::default()),
        };
        // Files would cost a start more than they ever save: what comes after this process is a start again.
        if self.data.is_none() {
            config.catalog_cache = CatalogCache::Memory;
        }
        config.bedrock.endpoint = self.upstream.clone().or(config.bedrock.endpoint);
        let secrets = config.secrets.read()?.with(secrets);
        Ok((config, secrets))
    }

    fn data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new(DATA))
    }

    /// The store that the settings name.
    pub(super) async fn store(&self, config: &mut Config) -> Result<Arc<dyn Store>, SourceError> {
        Ok(match config.store.take() {
            Some(tables) => Arc::new(Dynamo::open(Tables::connect(&tables).await?).await?),
            None => store::in_folder(self.data())?,
        })
    }
}

/// A path of Parameter Store, with a `/` at its end.
fn parameter_path(text: String) -> Result<String, InvalidPath> {
    let path = text.trim_end_matches('/');
    let is_path = path.strip_prefix('/').is_some_and(|rest| {
        rest.split('/').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        })
    });
    if is_path { Ok(format!("{path}/")) } else { Err(InvalidPath(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_parameter_store_begins_with_a_slash() {
        for (text, path) in [("/adit/dev", "/adit/dev/"), ("/adit/dev/", "/adit/dev/"), ("/a", "/a/")] {
            assert_eq!(parameter_path(text.to_owned()).ok().as_deref(), Some(path));
        }
        for text in ["", "/", "adit/dev", "/adit//dev", "/adit/d v", "//"] {
            assert!(parameter_path(text.to_owned()).is_err(), "`{text}` was taken");
        }
    }
}
