//! URLs of the web, as they stand in prose.

const SCHEMES: [&str; 2] = ["https://", "http://"];

pub(super) fn find(text: &str) -> Vec<&str> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(rest) = text.get(from..) {
        let Some(start) = next(rest) else { break };
        let url = url(rest.get(start..).unwrap_or_default());
        if let Some(url) = url {
            found.push(url);
        }
        from += start + url.map_or("http".len(), str::len);
    }
    found
}

/// Where the next scheme begins.
fn next(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_scheme = |at: usize| {
        let here = bytes.get(at..).unwrap_or_default();
        SCHEMES.iter().any(|scheme| {
            here.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme.as_bytes()))
        })
    };
    // A letter right in front would make it another scheme.
    let begins =
        |at: usize| !at.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let mut places = bytes.iter().enumerate().filter(|(_, byte)| byte.eq_ignore_ascii_case(&b'h'));
    places.find(|(at, _)| begins(*at) && is_scheme(*at)).map(|(at, _)| at)
}

/// The URL that a text begins with.
fn url(text: &str) -> Option<&str> {
    let end = text.find(|it: char| it.is_whitespace() || it.is_control() || "<>\"`{}|\\^".contains(it));
    let mut url = text.get(..end.unwrap_or(text.len()))?;
    loop {
        let shorter = url.trim_end_matches([
            '.', ',', ';', ':', '!', '?', '\'', '*', '_', '…', '»', '”', '’', '。', '、', '，',
        ]);
        // A bracket belongs to the URL if it was opened in it.
        let shorter = match shorter.chars().next_back() {
            Some(')') if count(shorter, ')') > count(shorter, '(') => {
                shorter.strip_suffix(')').unwrap_or(shorter)
            }
            Some(']') if count(shorter, ']') > count(shorter, '[') => {
                shorter.strip_suffix(']').unwrap_or(shorter)
            }
            _ => shorter,
        };
        if shorter.len() == url.len() {
            break;
        }
        url = shorter;
    }
    let host = url.split_once("://")?.1;
    host.starts_with(|it: char| it.is_alphanumeric() || it == '[').then_some(url)
}

fn count(text: &str, wanted: char) -> usize {
    text.chars().filter(|it| *it == wanted).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_urls_without_what_stands_around_them() {
        for (text, expected) in [
            ("See https://example.com/a?b=c#d.", &["https://example.com/a?b=c#d"][..]),
            ("(http://localhost:8080/) and HTTPS://A.test", &["http://localhost:8080/", "HTTPS://A.test"]),
            ("[a](https://a.test/x_(y)) <https://b.test/>", &["https://a.test/x_(y)", "https://b.test/"]),
            ("\"https://a.test/ä\", https://b.test/,", &["https://a.test/ä", "https://b.test/"]),
            ("https://[::1]/x https:// http:///x xhttp://a.test", &["https://[::1]/x"]),
            ("no url: example.com, ftp://a.test", &[]),
        ] {
            assert_eq!(find(text), expected, "{text}");
        }
    }
}
