//! The files of the repository, and how a rule points at a line.

use std::fmt;
use std::path::Path;

use anyhow::Context as _;

/// A text file.
pub(super) struct File {
    /// From the root, with `/` on every system.
    pub(super) path: String,
    /// Empty for a file that is not text.
    pub(super) text: String,
}

impl File {
    pub(super) fn is_rust(&self) -> bool {
        has_extension(&self.path, "rs")
    }

    pub(super) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether it holds nothing but tests, which may reach for anything.
    pub(super) fn is_test(&self) -> bool {
        let name = self.file_name();
        name == "tests.rs"
            || name.ends_with("_tests.rs")
            || self.path.split('/').any(|folder| folder == "tests")
    }

    /// The lines that are code and no test, with their numbers: no `//` comments, nothing from the
    /// inline `mod tests` on.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines()
            .take_while(|(_, line)| !line.starts_with("mod tests {"))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// All lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// A violation at a line of this file.
    pub(super) fn at(&self, line: usize, message: impl Into<String>) -> Violation {
        Violation { path: self.path.clone(), line, message: message.into() }
    }
}

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    path: String,
    line: usize,
    message: String,
}

impl Violation {
    pub(super) fn is_in(&self, path: &str) -> bool {
        self.path == path
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}

pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// Folders that tools fill; Git ignores them. In a worktree of Git `.git` is a file.
const NOT_OURS: [&str; 6] = [".git", ".tools", "target", "node_modules", "__pycache__", ".venv"];

/// Every file of the repository, in the order of their paths.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    read_folder(root, "", &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        // A symbolic link is neither: what it points at is read where it lies.
        let kind = entry.file_type()?;
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            read_folder(&entry.path(), &path, files)?;
        } else if kind.is_file() {
            let text = String::from_utf8(std::fs::read(entry.path())?).unwrap_or_default();
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// Whether `word` stands in `line` as a whole word, and what follows it.
pub(super) fn after_word<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let continues = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).find_map(|(start, _)| {
        let before = line.get(..start)?.chars().next_back();
        let after = line.get(start + word.len()..)?;
        let whole = !before.is_some_and(continues) && !after.starts_with(continues);
        whole.then_some(after)
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file to try a rule on.
    pub(in super::super) fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    /// What a rule finds, as a person would read it.
    pub(in super::super) fn shown(violations: &[Violation]) -> Vec<String> {
        violations.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn code_is_neither_comment_nor_test() {
        let file = file("a.rs", "//! doc\nuse x;\n    // why\n#[cfg(test)]\nmod tests {\nuse y;\n");
        assert_eq!(file.code().collect::<Vec<_>>(), [(2, "use x;"), (4, "#[cfg(test)]")]);
    }

    #[test]
    fn finds_whole_words_only() {
        assert_eq!(after_word("use toml::Value;", "toml"), Some("::Value;"));
        assert_eq!(after_word("my_toml toml_edit", "toml"), None);
        assert_eq!(after_word("my_toml, toml", "toml"), Some(""));
    }
}
