//! Images and documents that a request names by URL: fetched if the operator allows it, before any
//! plugin sees the request.

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::time::timeout;

use super::App;
use crate::chat::{
    Blob, Document, DocumentFormat, MediaType, Part, Remote, RemoteKind, Request, ResultPart, Source,
};
use crate::config::S3Prefix;
use crate::error::{Failure, Kind};
use crate::fetch::{Fetched, Fetcher};
use crate::pipeline::Deadline;
use crate::wire::openai;

/// Files of one request. Bedrock takes 20 images and 5 documents.
const MAX_FILES: usize = 25;

/// Files that are fetched at the same time for one request.
const AT_ONCE: usize = 4;

/// Puts the files in the places of their URLs, or refuses. What lies in S3 Bedrock reads itself, with
/// the gateway's role, so it has to be among what the operator opened to clients.
pub(super) async fn fetch(app: &App, request: &mut Request, deadline: Deadline) -> Result<(), Failure> {
    check_s3(&app.s3, request)?;
    let Some(fetcher) = &app.fetcher else { return openai::refuse_remote(request) };
    let mut places = places(request);
    if places.len() > MAX_FILES {
        return Err(Failure::invalid(
            "messages",
            format!("`messages` names {} files by URL: at most {MAX_FILES} are fetched", places.len()),
        )
        .with_code("invalid_value"));
    }
    let wanted: Vec<Remote> = places.iter().filter_map(Place::remote).collect();
    let calls: Vec<_> = wanted.iter().cloned().map(|remote| one(fetcher.clone(), remote)).collect();
    let all = together(stream::iter(calls).buffered(AT_ONCE), app.max_body_bytes);
    let files = match deadline.left() {
        Some(left) => timeout(left, all).await.map_err(|_| too_slow())??,
        None => all.await?,
    };
    for ((place, remote), file) in places.iter_mut().zip(&wanted).zip(files) {
        place.put(remote, file)?;
    }
    Ok(())
}

/// Files in their order, as long as they are not too much together.
async fn together(
    mut files: impl Stream<Item = Result<Fetched, Failure>> + Unpin + Send,
    max_bytes: usize,
) -> Result<Vec<Fetched>, Failure> {
    let (mut all, mut bytes) = (Vec::new(), 0);
    while let Some(file) = files.try_next().await? {
        bytes += file.bytes.len();
        if bytes > max_bytes {
            return Err(invalid(
                "messages",
                &format!("the files that it names are more than {max_bytes} bytes together"),
            ));
        }
        all.push(file);
    }
    Ok(all)
}

fn too_slow() -> Failure {
    Failure::new(
        Kind::ModelTimeout,
        "the files that the request names took too long; send them in the request",
    )
}

fn check_s3(allowed: &[S3Prefix], request: &Request) -> Result<(), Failure> {
    let parts = || request.messages.iter().flat_map(|message| &message.parts);
    let own = parts().filter_map(|part| match part {
        Part::Blob(blob) => Some(&blob.source),
        Part::Document(document) => Some(&document.source),
        _ => None,
    });
    let results = parts().filter_map(|part| match part {
        Part::ToolResult(result) => Some(&result.content),
        _ => None,
    });
    let of_results = results.flatten().filter_map(|part| match part {
        ResultPart::Blob(blob) => Some(&blob.source),
        ResultPart::Document(document) => Some(&document.source),
        _ => None,
    });
    let closed = |source: &&Source| match source {
        Source::S3(uri) => !allowed.iter().any(|prefix| prefix.holds(uri)),
        Source::Bytes(_) => false,
    };
    if own.chain(of_results).any(|source| closed(&source)) {
        let message = "`messages` names a file in S3 that is not open to clients here: send the bytes as a data URL, or \
                       ask the operator";
        return Err(Failure::invalid("messages", message).with_code("unsupported_parameter"));
    }
    Ok(())
}

async fn one(fetcher: Fetcher, remote: Remote) -> Result<Fetched, Failure> {
    fetcher.fetch(&remote.url).await.map_err(|fault| {
        invalid(&remote.field, &fault.to_string()).with_internal(format!("cannot fetch a file: {fault:?}"))
    })
}

/// Where a file belongs.
enum Place<'r> {
    Message(&'r mut Part),
    Result(&'r mut ResultPart),
}

fn places(request: &mut Request) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
        match part {
            Part::Remote(_) => places.push(Place::Message(part)),
            Part::ToolResult(result) => {
                let remote = result.content.iter_mut().filter(|part| matches!(part, ResultPart::Remote(_)));
                places.extend(remote.map(Place::Result));
            }
            _ => {}
        }
    }
    places
}

impl Place<'_> {
    fn remote(&self) -> Option<Remote> {
        match self {
            Self::Message(Part::Remote(remote)) | Self::Result(ResultPart::Remote(remote)) => {
                Some(remote.clone())
            }
            _ => None,
        }
    }

    fn put(&mut self, remote: &Remote, file: Fetched) -> Result<(), Failure> {
        match &remote.kind {
            RemoteKind::Image => {
                let blob = image(remote, file.bytes)?;
                match self {
                    Self::Message(part) => **part = Part::Blob(blob),
                    Self::Result(part) => **part = ResultPart::Blob(blob),
                }
            }
            RemoteKind::Document(name) => {
                let document = document(remote, name.clone(), &file)?;
                match self {
                    Self::Message(part) => **part = Part::Document(document),
                    Self::Result(part) => **part = ResultPart::Document(document),
                }
            }
        }
        Ok(())
    }
}

/// What a host says of an image is not believed: the bytes say what they are.
fn image(remote: &Remote, bytes: Bytes) -> Result<Blob, Failure> {
    let media_type = MediaType::sniffed(&bytes)
        .ok_or_else(|| invalid(&remote.field, "there is no png, jpeg, gif or webp image at this URL"))?;
    Ok(Blob { media_type, source: Source::Bytes(bytes) })
}

fn document(remote: &Remote, name: Option<String>, file: &Fetched) -> Result<Document, Failure> {
    let of_url = remote.url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
    let name = name.or_else(|| of_url.filter(|name| !name.is_empty()).map(str::to_owned));
    let format = DocumentFormat::guessed(name.as_deref(), file.media_type.as_deref(), &file.bytes)
        .ok_or_else(|| {
            invalid(
                &remote.field,
                "there is no pdf, csv, doc, docx, xls, xlsx, html, txt or md document at this URL",
            )
        })?;
    if format.is_text() && std::str::from_utf8(&file.bytes).is_err() {
        return Err(invalid(&remote.field, "the text document at this URL is not UTF-8"));
    }
    Ok(Document { name, format, source: Source::Bytes(file.bytes.clone()) })
}

fn invalid(field: &str, problem: &str) -> Failure {
    Failure::invalid(field, format!("`{field}`: {problem}")).with_code("invalid_value")
}
