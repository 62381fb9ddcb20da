//! Documents: parts of type `file`.

use super::data_url::bytes;
use super::fault;
use super::location::{Location, locate};
use super::object::{Text, object};
use crate::chat::{Document, DocumentFormat, Remote, RemoteKind, ResultPart, Source};
use crate::error::Failure;

object! {
    /// `file`
    pub(super) RawDocument<'a> {
        name: Text<'a> = "filename",
        data: Text<'a> = "file_data",
        id: Text<'a> = "file_id",
    } ignores ["format"]
}

/// Reads `file`, which stands at `path`.
pub(super) fn decode(file: RawDocument<'_>, path: &str) -> Result<ResultPart, Failure> {
    let Some(data) = file.data else {
        return Err(match file.id {
            Some(_) => fault::unsupported(
                &format!("{path}.file_id"),
                "is not supported: Adit keeps no files, so send the bytes in `file_data`",
            ),
            None => fault::missing(&format!("{path}.file_data"), "a data URL or base64"),
        });
    };
    let name = file.name.filter(|name| !name.is_blank()).map(Text::into_string);
    let path = format!("{path}.file_data");
    let unknown = || {
        fault::unsupported(
            &path,
            "has to be a pdf, csv, doc, docx, xls, xlsx, html, txt or md document: Bedrock takes no others. \
             The ending of `filename` says which it is",
        )
    };
    let (mime, data) = match locate(data.as_str(), &path)? {
        Location::Here(url) => (url.mime, url.data),
        Location::S3 { uri, ending } => {
            let by_name = name.as_deref().and_then(DocumentFormat::of_name);
            let by_key = || DocumentFormat::of_name(&format!(".{ending}"));
            let format = by_name.or_else(by_key).ok_or_else(unknown)?;
            return Ok(ResultPart::Document(Document { name, format, source: Source::S3(uri) }));
        }
        Location::Web(url) => {
            let url = url.to_owned();
            return Ok(ResultPart::Remote(Remote { url, kind: RemoteKind::Document(name), field: path }));
        }
        Location::Elsewhere => (String::new(), data.as_str()),
    };
    let bytes = bytes(data).ok_or_else(|| fault::invalid(&path, "holds broken base64"))?;
    let format = DocumentFormat::guessed(name.as_deref(), Some(&mime), &bytes).ok_or_else(unknown)?;
    if format.is_text() && std::str::from_utf8(&bytes).is_err() {
        return Err(fault::invalid(&path, "has to be UTF-8, as every text document"));
    }
    Ok(ResultPart::Document(Document { name, format, source: Source::Bytes(bytes.into()) }))
}
