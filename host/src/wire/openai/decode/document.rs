//! Documents: parts of type `file`.

use super::data_url::bytes;
use super::fault;
use super::location::{Location, ending, locate};
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
    let by_name = name.as_deref().and_then(|name| by_ending(&ending(name)));
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
            let format = by_name.or_else(|| by_ending(&ending)).ok_or_else(unknown)?;
            return Ok(ResultPart::Document(Document { name, format, source: Source::S3(uri) }));
        }
        Location::Web(url) => {
            let url = url.to_owned();
            return Ok(ResultPart::Remote(Remote { url, kind: RemoteKind::Document(name), field: path }));
        }
        Location::Elsewhere => (String::new(), data.as_str()),
    };
    let bytes = bytes(data).ok_or_else(|| fault::invalid(&path, "holds broken base64"))?;
    let format = by_name.or_else(|| by_mime(&mime)).or_else(|| by_bytes(&bytes)).ok_or_else(unknown)?;
    if is_text(format) && std::str::from_utf8(&bytes).is_err() {
        return Err(fault::invalid(&path, "has to be UTF-8, as every text document"));
    }
    Ok(ResultPart::Document(Document { name, format, source: Source::Bytes(bytes.into()) }))
}

fn by_ending(ending: &str) -> Option<DocumentFormat> {
    match ending {
        "pdf" => Some(DocumentFormat::Pdf),
        "csv" => Some(DocumentFormat::Csv),
        "doc" => Some(DocumentFormat::Doc),
        "docx" => Some(DocumentFormat::Docx),
        "xls" => Some(DocumentFormat::Xls),
        "xlsx" => Some(DocumentFormat::Xlsx),
        "html" | "htm" => Some(DocumentFormat::Html),
        "txt" | "text" => Some(DocumentFormat::Txt),
        "md" | "markdown" => Some(DocumentFormat::Md),
        _ => None,
    }
}

fn by_mime(mime: &str) -> Option<DocumentFormat> {
    match mime {
        "application/pdf" => Some(DocumentFormat::Pdf),
        "text/csv" => Some(DocumentFormat::Csv),
        "application/msword" => Some(DocumentFormat::Doc),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
            Some(DocumentFormat::Docx)
        }
        "application/vnd.ms-excel" => Some(DocumentFormat::Xls),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some(DocumentFormat::Xlsx),
        "text/html" => Some(DocumentFormat::Html),
        "text/plain" => Some(DocumentFormat::Txt),
        "text/markdown" => Some(DocumentFormat::Md),
        _ => None,
    }
}

/// By the bytes; Office's formats of today are zip archives that name their parts.
fn by_bytes(bytes: &[u8]) -> Option<DocumentFormat> {
    let holds = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    match bytes {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(DocumentFormat::Pdf),
        [b'P', b'K', 3, 4, ..] if holds(b"word/") => Some(DocumentFormat::Docx),
        [b'P', b'K', 3, 4, ..] if holds(b"xl/") => Some(DocumentFormat::Xlsx),
        _ => None,
    }
}

fn is_text(format: DocumentFormat) -> bool {
    match format {
        DocumentFormat::Csv | DocumentFormat::Html | DocumentFormat::Txt | DocumentFormat::Md => true,
        DocumentFormat::Pdf
        | DocumentFormat::Doc
        | DocumentFormat::Docx
        | DocumentFormat::Xls
        | DocumentFormat::Xlsx => false,
    }
}
