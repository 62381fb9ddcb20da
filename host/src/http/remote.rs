//! Images and documents that a request names by URL: fetched if the operator allows it, before any
//! plugin sees the request.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use crate::chat::{
    Blob, Document, DocumentFormat, MediaType, Part, Remote, RemoteKind, Request, ResultPart, Source,
};
use crate::error::Failure;
use crate::fetch::{Fetched, Fetcher};
use crate::wire::openai;

/// Files of one request. Bedrock takes 20 images and 5 documents.
const MAX_FILES: usize = 25;

/// Files that are fetched at the same time for one request.
const AT_ONCE: usize = 4;

/// Puts the files in the places of their URLs, or refuses.
pub(super) async fn fetch(
    fetcher: Option<&Fetcher>,
    request: &mut Request,
    max_bytes: usize,
) -> Result<(), Failure> {
    let Some(fetcher) = fetcher else { return openai::refuse_remote(request) };
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
    let files: Vec<Fetched> = stream::iter(calls).buffered(AT_ONCE).try_collect().await?;
    if files.iter().map(|file| file.bytes.len()).sum::<usize>() > max_bytes {
        return Err(invalid(
            "messages",
            &format!("the fetched files are more than {max_bytes} bytes together"),
        ));
    }
    for ((place, remote), file) in places.iter_mut().zip(&wanted).zip(files) {
        place.put(remote, file)?;
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
