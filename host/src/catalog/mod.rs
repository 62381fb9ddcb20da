//! Published plugins: what a publisher signed, and how it gets from there to here unchanged.
//!
//! A catalog is a folder or a part of a bucket. What it holds is named by its digest or signed by
//! its publisher, so nobody who can only write there can make a host run anything:
//!
//! | object | what it is |
//! |---|---|
//! | `objects/sha256/<digest>` | a component, manifest, schema or compiled artifact |
//! | `releases/<name>/<version>.json` | a signed [`ReleaseStatement`]: which of them are a release |
//! | `artifacts/<target>/<compatibility>/<wasm digest>.json` | a signed [`ArtifactStatement`] |
//!
//! Nothing is ever overwritten. The statement of a release is written last: a release is whole, or
//! it is not there.

mod cache;
mod error;
mod layout;
mod manifest;
mod objects;
mod precompile;
mod publish;
mod reader;
mod schema;
mod signed;
mod signing_key;
mod statement;

pub use cache::ContentFile;
pub use error::{CatalogError, Refusal};
pub use layout::Target;
pub use manifest::{DIST, InvalidManifest, MANIFEST, Manifest, Package, manifest_of};
pub use precompile::Code;
pub use publish::{Artifact, Publication, PublishError, Publisher};
pub use reader::{Catalog, Listed, Published, Wanted};
pub use schema::{InvalidSchema, Schema};
pub use signing_key::{KeyFileError, SigningKey};
pub use statement::{ArtifactStatement, Content, ReleaseStatement};

#[cfg(test)]
mod tests;
