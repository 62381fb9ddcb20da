//! Settings that a deployed stack keeps in Parameter Store.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;

use super::{
    Catalog, Config, ConfigError, InvalidLocation, InvalidTableName, Location, PublicKey, S3Access,
    SecretError, SecretName, SecretValues, TableName, Tables, raw,
};
use crate::toml_text;

/// The text of the settings file; further parts of it are `settings/NAME`.
const SETTINGS: &str = "settings";
const TABLE: &str = "table";
const CACHE_TABLE: &str = "cache-table";
const CATALOG: &str = "catalog";
const TRUSTED_KEYS: &str = "trusted-keys";
const SECRETS: &str = "secrets/";

/// What stands below a path in Parameter Store.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters {
    path: String,
    /// By what follows the path in their names.
    values: BTreeMap<String, String>,
}

/// Why the parameters are no settings. Names the parameter, and never repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    /// One is not there.
    #[error("there is no parameter `{parameter}`: {remedy}")]
    Missing {
        /// Its full name.
        parameter: String,
        /// What makes it.
        remedy: &'static str,
    },
    /// One says nothing that could be used.
    #[error("parameter `{parameter}` is wrong: {reason}")]
    Wrong {
        /// Its full name.
        parameter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that the settings name.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Parameters {
    /// What was read below a path such as `/adit/dev/`.
    pub fn new(path: impl Into<String>, values: BTreeMap<String, String>) -> Self {
        Self { path: path.into(), values }
    }

    /// The settings of a server, and the secrets of its plugins. Where the settings and a parameter say the same,
    /// the parameter counts.
    pub fn read(&self, data: &Path) -> Result<(Config, SecretValues), ParameterError> {
        let mut raw = self.settings()?;
        let store = self.tables(raw.store.take())?;
        let catalog = self.catalog(raw.catalog.take())?;
        // What the settings name by path lies beside the program.
        let config = Config::from_raw(raw, data, Path::new("."))?;
        Ok((Config { store: Some(store), catalog, ..config }, self.secrets()?))
    }

    fn settings(&self) -> Result<raw::Settings, ParameterError> {
        let is_part = |name: &str| {
            name.strip_prefix(SETTINGS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let parts: Vec<_> = self.values.iter().filter(|(name, _)| is_part(name)).collect();
        if parts.is_empty() {
            return Err(self.missing(
                SETTINGS,
                "it holds the text of `adit.toml`, or a line `# defaults`, and `cargo xtask deploy` writes it",
            ));
        }
        let text: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
        toml_text::read(&text.join("\n")).map_err(|fault| {
            let mut line = fault.line;
            let mut at_fault = SETTINGS;
            for (name, text) in parts {
                at_fault = name;
                let lines = 1 + text.matches('\n').count();
                if line <= lines {
                    break;
                }
                line -= lines;
            }
            self.wrong(at_fault, format!("line {line}: {}", fault.message))
        })
    }

    fn tables(&self, of_settings: Option<raw::Store>) -> Result<Tables, ParameterError> {
        let table = self.table(TABLE)?;
        let cache_table = self.table(CACHE_TABLE)?;
        let mut tables = match (table, of_settings.map(Tables::of)) {
            (Some(table), Some(of_settings)) => {
                let Tables { region, endpoint, .. } = of_settings;
                Tables { region, endpoint, ..Tables::named(table) }
            }
            (Some(table), None) => Tables::named(table),
            (None, Some(of_settings)) => of_settings,
            (None, None) => return Err(self.missing(TABLE, "the stack makes it: deploy the stack again")),
        };
        if let Some(cache_table) = cache_table {
            tables.cache_table = cache_table;
        }
        Ok(tables)
    }

    fn table(&self, name: &str) -> Result<Option<TableName>, ParameterError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let parsed = TableName::parse(value);
        parsed.map(Some).map_err(|invalid: InvalidTableName| self.wrong(name, invalid.to_string()))
    }

    fn catalog(&self, of_settings: Option<raw::Catalog>) -> Result<Option<Catalog>, ParameterError> {
        let here = Path::new(".");
        let of_settings = of_settings.map(|catalog| Catalog::of(catalog, here)).transpose();
        let of_settings = of_settings.map_err(|invalid: InvalidLocation| {
            self.wrong(SETTINGS, format!("[catalog] location: {invalid}"))
        })?;
        let location = self.value(CATALOG).map(|text| Location::parse(text, here)).transpose();
        let location = location.map_err(|invalid| self.wrong(CATALOG, invalid.to_string()))?;
        let trusted_keys = self.trusted_keys()?;
        let Some(mut catalog) = of_settings.or_else(|| {
            let location = location.clone()?;
            Some(Catalog { location, trusted_keys: Vec::new(), s3: S3Access::default() })
        }) else {
            return Ok(None);
        };
        if let Some(location) = location {
            catalog.location = location;
        }
        if let Some(trusted_keys) = trusted_keys {
            catalog.trusted_keys = trusted_keys;
        }
        Ok(Some(catalog))
    }

    fn trusted_keys(&self) -> Result<Option<Vec<PublicKey>>, ParameterError> {
        let Some(value) = self.value(TRUSTED_KEYS) else { return Ok(None) };
        let keys = value.split(',').map(str::trim).filter(|key| !key.is_empty());
        let keys =
            keys.map(|key| PublicKey::try_from(key.to_owned()).map_err(|reason| format!("`{key}` {reason}")));
        keys.collect::<Result<_, _>>().map(Some).map_err(|reason| self.wrong(TRUSTED_KEYS, reason))
    }

    fn secrets(&self) -> Result<SecretValues, ParameterError> {
        let secrets =
            self.values.iter().filter_map(|(name, value)| Some((name, name.strip_prefix(SECRETS)?, value)));
        let secrets = secrets.map(|(parameter, name, value)| {
            let name =
                SecretName::try_from(name.to_owned()).map_err(|reason| self.wrong(parameter, reason))?;
            Ok((name, SecretString::from(value.as_str())))
        });
        SecretValues::of(secrets.collect::<Result<Vec<_>, ParameterError>>()?).map_err(
            |fault: SecretError| {
                let parameter = format!("{SECRETS}{}", fault.name());
                self.wrong(&parameter, fault.reason().to_owned())
            },
        )
    }

    /// A value, without the blanks around it.
    fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim())
    }

    fn missing(&self, name: &str, remedy: &'static str) -> ParameterError {
        ParameterError::Missing { parameter: format!("{}{name}", self.path), remedy }
    }

    fn wrong(&self, name: &str, reason: String) -> ParameterError {
        ParameterError::Wrong { parameter: format!("{}{name}", self.path), reason }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use secrecy::ExposeSecret;

    use super::super::CatalogCache;
    use super::*;

    const KEY: &str = "ed25519:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

    fn read(values: &[(&str, &str)]) -> Result<(Config, SecretValues), ParameterError> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Parameters::new("/adit/dev/", values.collect()).read(Path::new("/tmp/adit"))
    }

    #[test]
    fn parameters_make_settings() {
        let keys = format!("{KEY}, {KEY}\n");
        let (config, secrets) = read(&[
            ("table", "adit-dev"),
            ("catalog", "s3://bucket/plugins"),
            ("trusted-keys", &keys),
            ("settings", "max_body_bytes = 1000"),
            ("settings/b", "[auth]\niam = true"),
            ("secrets/search", "marzipan"),
            ("owner", "somebody"),
        ])
        .unwrap();
        let tables = config.store.unwrap();
        assert_eq!((tables.table.as_str(), tables.cache_table.as_str()), ("adit-dev", "adit-dev-cache"));
        let catalog = config.catalog.unwrap();
        assert_eq!(
            (catalog.location.to_string(), catalog.trusted_keys.len()),
            ("s3://bucket/plugins/".to_owned(), 2)
        );
        assert_eq!((config.max_body_bytes, config.iam), (1000, super::super::Iam::On));
        assert_eq!(config.catalog_cache, CatalogCache::Folder("/tmp/adit/catalog-cache".into()));
        let name = SecretName::try_from("search".to_owned()).unwrap();
        assert_eq!(secrets.find(&name).unwrap().expose_secret(), "marzipan");
    }

    #[test]
    fn a_parameter_counts_before_the_settings() {
        let settings = "[store]\ntable = 'mine'\nendpoint = 'http://localhost:1'\n[catalog]\nlocation = 'here'\npath_style = true";
        let (config, _) = read(&[("settings", settings)]).unwrap();
        assert_eq!(config.store.unwrap().table.as_str(), "mine");
        let (config, _) = read(&[
            ("settings", settings),
            ("table", "adit"),
            ("cache-table", "other"),
            ("catalog", "s3://b"),
        ])
        .unwrap();
        let tables = config.store.unwrap();
        assert_eq!((tables.table.as_str(), tables.cache_table.as_str()), ("adit", "other"));
        assert_eq!(tables.endpoint.as_deref(), Some("http://localhost:1"));
        let catalog = config.catalog.unwrap();
        assert_eq!((catalog.location.to_string().as_str(), catalog.s3.path_style), ("s3://b/", true));
    }

    #[test]
    fn names_the_parameter_that_is_missing_or_wrong() {
        let fine = [("table", "adit-dev"), ("settings", "# defaults")];
        read(&fine).unwrap();
        for (values, expected) in [
            (&[][..], "there is no parameter `/adit/dev/settings`: it holds"),
            (&fine[..1], "there is no parameter `/adit/dev/settings`: it holds"),
            (&fine[1..], "there is no parameter `/adit/dev/table`: the stack makes it"),
        ] {
            let fault = read(values).map(drop).unwrap_err().to_string();
            assert!(fault.starts_with(expected), "{fault}");
        }
        for (name, value, expected) in [
            ("table", "a b", "`/adit/dev/table` is wrong: `a b` is no name of a DynamoDB table"),
            ("cache-table", "x", "`/adit/dev/cache-table` is wrong: "),
            ("catalog", "https://x", "`/adit/dev/catalog` is wrong: `https://x` is no place for a catalog"),
            ("trusted-keys", "rsa:x", "`/adit/dev/trusted-keys` is wrong: `rsa:x` is no public key"),
            ("settings", "\nmax_body = 1", "`/adit/dev/settings` is wrong: line 2: unknown field `max_body`"),
            (
                "settings/two",
                "\n\n[s3]\nx = 1",
                "`/adit/dev/settings/two` is wrong: line 4: unknown field `x`",
            ),
            ("secrets/a b", "x", "`/adit/dev/secrets/a b` is wrong: `a b` is no name of a secret"),
            ("secrets/a", "mar\nzipan", "`/adit/dev/secrets/a` is wrong: it holds more than the printable"),
        ] {
            let values: Vec<_> = fine.iter().filter(|(other, _)| *other != name).copied().collect();
            let fault = read(&[values, vec![(name, value)]].concat()).map(drop).unwrap_err().to_string();
            assert!(fault.contains(expected) && !fault.contains("zipan"), "{fault}");
        }
    }
}
