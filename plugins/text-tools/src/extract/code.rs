//! Fenced code blocks and headings of Markdown (<https://spec.commonmark.org/0.31.2>).

use serde::Serialize;

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Code<'t> {
    /// The first word behind the fence.
    language: Option<&'t str>,
    /// What stands between the fences, with the line break at its end.
    code: &'t str,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Heading<'t> {
    level: usize,
    text: &'t str,
}

#[derive(Debug, Default)]
pub(super) struct Blocks<'t> {
    pub(super) code: Vec<Code<'t>>,
    pub(super) headings: Vec<Heading<'t>>,
}

/// An open code block.
struct Open<'t> {
    fence: &'t str,
    language: Option<&'t str>,
    start: usize,
}

pub(super) fn find(text: &str) -> Blocks<'_> {
    let (mut blocks, mut open, mut paragraph, mut at) = (Blocks::default(), None::<Open<'_>>, None, 0);
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let content = unindented(line);
        if let Some(block) = &open {
            if content.is_some_and(|content| closes(content, block.fence)) {
                let code = text.get(block.start..start).unwrap_or_default();
                blocks.code.push(Code { language: block.language, code });
                open = None;
            }
            continue;
        }
        let Some(content) = content else {
            // Indented: code, or the paragraph goes on.
            continue;
        };
        if let Some((fence, info)) = opens(content) {
            open = Some(Open { fence, language: info.split_whitespace().next(), start: end });
            paragraph = None;
        } else if let Some(heading) = heading(content) {
            blocks.headings.push(heading);
            paragraph = None;
        } else if let (Some(level), Some(words)) = (underline(content), paragraph.take()) {
            blocks.headings.push(Heading { level, text: words });
        } else {
            // Only a paragraph of one line is taken for a heading; a list or a quotation is none.
            let is_prose = !content.is_empty() && !content.starts_with(['>', '-', '*', '+', '|', '<']);
            paragraph = is_prose.then_some(content);
        }
    }
    if let Some(block) = open {
        let code = text.get(block.start..).unwrap_or_default();
        blocks.code.push(Code { language: block.language, code });
    }
    blocks
}

/// A line without its end, and without the three spaces that may stand in front of a block.
fn unindented(line: &str) -> Option<&str> {
    let content = line.trim_start_matches(' ');
    let is_indented = line.len() - content.len() > 3 || content.starts_with('\t');
    (!is_indented).then(|| content.trim_end())
}

/// The fence that a line is, and what stands behind it.
fn opens(content: &str) -> Option<(&str, &str)> {
    let mark = content.chars().next().filter(|mark| "`~".contains(*mark))?;
    let info = content.trim_start_matches(mark);
    let fence = content.get(..content.len() - info.len())?;
    let is_fence = fence.len() >= 3 && !(mark == '`' && info.contains('`'));
    is_fence.then_some((fence, info))
}

fn closes(content: &str, fence: &str) -> bool {
    let mark = fence.chars().next().unwrap_or('`');
    content.len() >= fence.len() && content.chars().all(|it| it == mark)
}

/// `## Text`, with any marks behind it taken away.
fn heading(content: &str) -> Option<Heading<'_>> {
    let text = content.trim_start_matches('#');
    let level = content.len() - text.len();
    if !(1..=6).contains(&level) || !(text.is_empty() || text.starts_with([' ', '\t'])) {
        return None;
    }
    let words = text.trim();
    let without = words.trim_end_matches('#');
    let text = if without.is_empty() || without.ends_with([' ', '\t']) { without.trim_end() } else { words };
    Some(Heading { level, text })
}

/// The level of the heading whose line of marks this is.
fn underline(content: &str) -> Option<usize> {
    let all = |mark: char| !content.is_empty() && content.chars().all(|it| it == mark);
    if all('=') { Some(1) } else { all('-').then_some(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<'t>(language: Option<&'t str>, code: &'t str) -> Code<'t> {
        Code { language, code }
    }

    #[test]
    fn finds_fenced_blocks() {
        let text = "a\n```rust ignore\nfn f() {}\n# no heading\n```\n~~~~\n```\n~~~\n~~~~\n  ```\nopen";
        let expected =
            [code(Some("rust"), "fn f() {}\n# no heading\n"), code(None, "```\n~~~\n"), code(None, "open")];
        let blocks = find(text);
        assert_eq!(blocks.code, expected);
        assert_eq!(blocks.headings, []);
        assert_eq!(find("`a` ```b``` c\n``\n    ```\n").code, []);
        assert_eq!(find("```\r\na\r\n```\r\n").code, [code(None, "a\r\n")]);
    }

    #[test]
    fn finds_headings() {
        let text = "# One\n\n##Two\n## Three ##\n### a#\n#\n####### x\n    # code\nFour\n====\n\nFive\n---\n\n---\n- x\n---\n";
        let found = find(text).headings;
        let heading = |level, text| Heading { level, text };
        let expected = [
            heading(1, "One"),
            heading(2, "Three"),
            heading(3, "a#"),
            heading(1, ""),
            heading(1, "Four"),
            heading(2, "Five"),
        ];
        assert_eq!(found, expected);
    }
}
