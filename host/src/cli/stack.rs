//! What a deployed stack says of itself in Parameter Store, beside where its tables are.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::aws::parameters::{self, Reading};
use crate::config::{Catalog, Config, Location, PublicKey};

/// Takes the catalog of the settings from `/adit/STACK/catalog` and `/adit/STACK/trusted-keys`, where these are.
pub(super) async fn set_catalog(settings: &mut Config, stack: &str) -> anyhow::Result<()> {
    let path = format!("/adit/{stack}/");
    let (region, endpoint) = match &settings.store {
        Some(tables) => (tables.region.as_deref(), tables.endpoint.as_deref()),
        None => (None, None),
    };
    let values = parameters::read(&path, Reading::Closed, region, endpoint).await?;
    apply(settings, &values).with_context(|| format!("the parameters `{path}` of the stack are wrong"))
}

fn apply(settings: &mut Config, values: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let location = values.get("catalog").map(|text| Location::parse(text.trim(), Path::new("")));
    let location = location.transpose().context("catalog")?;
    let trusted_keys =
        values.get("trusted-keys").map(|text| keys(text)).transpose().context("trusted-keys")?;
    match (&mut settings.catalog, location) {
        (Some(catalog), location) => {
            catalog.location = location.unwrap_or_else(|| catalog.location.clone());
            catalog.trusted_keys = trusted_keys.unwrap_or_else(|| std::mem::take(&mut catalog.trusted_keys));
        }
        (none, Some(location)) => {
            let trusted_keys = trusted_keys.unwrap_or_default();
            *none = Some(Catalog { location, trusted_keys, s3: crate::config::S3Access::default() });
        }
        (None, None) => {}
    }
    Ok(())
}

/// Public keys with commas between them.
fn keys(text: &str) -> anyhow::Result<Vec<PublicKey>> {
    let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
    keys.map(|key| PublicKey::try_from(key.to_owned()).map_err(|reason| anyhow!("`{key}` {reason}")))
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn applied(values: &[(&str, &str)]) -> anyhow::Result<Option<Catalog>> {
        let mut settings = Config::load(None, Path::new("data"))?;
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        apply(&mut settings, &values).map(|()| settings.catalog)
    }

    #[test]
    fn a_stack_has_a_catalog_and_says_whose_word_counts_there() {
        assert_eq!(applied(&[("table", "adit")]).unwrap(), None);
        let catalog = applied(&[("catalog", "s3://bucket/catalog")]).unwrap().unwrap();
        assert_eq!(
            (catalog.location.to_string().as_str(), catalog.trusted_keys.len()),
            ("s3://bucket/catalog/", 0)
        );
        let [one, two] = [[1; 32], [2; 32]].map(PublicKey::from_bytes);
        let text = format!("{one}, {two}");
        let catalog = applied(&[("catalog", "s3://bucket"), ("trusted-keys", &text)]).unwrap().unwrap();
        assert_eq!(catalog.trusted_keys, [one, two]);
    }

    #[test]
    fn says_which_parameter_is_wrong() {
        for (name, value) in [("catalog", "https://example.com"), ("trusted-keys", "rsa:x")] {
            let fault = format!("{:#}", applied(&[("catalog", "s3://bucket"), (name, value)]).unwrap_err());
            assert!(fault.starts_with(name) && fault.contains(value), "{fault}");
        }
    }
}
