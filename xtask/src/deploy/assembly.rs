//! The folder that SAM deploys: the templates, and the function with what it was deployed with.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::environment::Environment;
use crate::workspace::Workspace;

/// Puts it together and answers where it lies.
pub(super) fn assemble(
    workspace: &Workspace,
    environment: &Environment,
    bootstrap: &Path,
) -> anyhow::Result<PathBuf> {
    let folder = workspace.target.join("adit/deploy").join(&environment.name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    let function = folder.join("function");
    std::fs::create_dir_all(&function)?;
    std::fs::create_dir_all(folder.join("stacks"))?;
    for file in ["template.yaml", "samconfig.toml"] {
        copy(&workspace.root.join(file), &folder.join(file))?;
    }
    for entry in std::fs::read_dir(workspace.root.join("stacks"))? {
        let entry = entry?;
        copy(&entry.path(), &folder.join("stacks").join(entry.file_name()))?;
    }
    copy(&bootstrap.join("bootstrap"), &function.join("bootstrap"))?;
    // SAM publishes a version of the function when its code changes, and does not see when a parameter does.
    std::fs::write(function.join("deployed-with"), digest(environment))?;
    Ok(folder)
}

/// A number that is another one when a parameter is. It says nothing of their values, one of which is a secret.
fn digest(environment: &Environment) -> String {
    let mut hasher = DefaultHasher::new();
    environment.parameters.hash(&mut hasher);
    format!("{:016x}\n", hasher.finish())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::copy(from, to).map(drop).with_context(|| format!("cannot copy `{}`", from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_parameter_is_another_digest() {
        let (one, mut other) = (Environment::named("dev"), Environment::named("dev"));
        assert_eq!(digest(&one), digest(&other));
        other.parameters.insert("MemorySize".to_owned(), "1024".to_owned());
        assert_ne!(digest(&one), digest(&other));
    }
}
