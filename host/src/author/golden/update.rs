//! Writing what happened into the file that expects it.

use super::Expectation;

/// The text with another `[expect]`, which is the file's last table. All above stays as it is.
pub(super) fn with_expectation(text: &str, found: &Expectation) -> Result<String, String> {
    let mut above = Vec::new();
    let mut below = text.lines();
    for line in below.by_ref() {
        if is_expectation(line) {
            break;
        }
        above.push(line);
    }
    if below.any(|line| {
        line.trim_start().starts_with('[') && line.trim_end().ends_with(']') && !is_expectation(line)
    }) {
        return Err(
            "`[expect]` has to be the last table of the file: what stands below would be lost".to_owned()
        );
    }
    let expectation = toml::to_string_pretty(&Table { expect: found }).map_err(|fault| fault.to_string())?;
    let above = above.join("\n");
    Ok(format!("{}\n\n{expectation}", above.trim_end()).trim_start().to_owned())
}

fn is_expectation(line: &str) -> bool {
    let name = line.trim_start().trim_start_matches('[');
    line.trim_start().starts_with('[') && (name.starts_with("expect]") || name.starts_with("expect."))
}

#[derive(serde::Serialize)]
struct Table<'a> {
    expect: &'a Expectation,
}
