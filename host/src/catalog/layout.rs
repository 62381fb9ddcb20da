//! Where things lie in a catalog.

use std::fmt;
use std::str::FromStr;

use crate::enabled::{Digest, Version};
use crate::ids::PluginName;

/// A kind of machine that plugins are compiled for ahead of time. Both run on AWS Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// x86-64 with Linux. Compiled code uses what every such processor since 2009 has (x86-64-v2).
    X86_64Linux,
    /// 64-bit ARM with Linux. Compiled code uses what every such processor has (ARMv8.0).
    Aarch64Linux,
}

impl Target {
    /// All.
    pub const ALL: [Self; 2] = [Self::X86_64Linux, Self::Aarch64Linux];

    /// The kind of this machine, if it is one of them.
    pub const HERE: Option<Self> = if cfg!(all(target_os = "linux", target_env = "gnu")) {
        if cfg!(target_arch = "x86_64") {
            Some(Self::X86_64Linux)
        } else if cfg!(target_arch = "aarch64") {
            Some(Self::Aarch64Linux)
        } else {
            None
        }
    } else {
        None
    };

    /// As compilers name it.
    pub fn triple(self) -> &'static str {
        match self {
            Self::X86_64Linux => "x86_64-unknown-linux-gnu",
            Self::Aarch64Linux => "aarch64-unknown-linux-gnu",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|target| target.triple() == text);
        named.ok_or_else(|| "a target that is not known".to_owned())
    }
}

pub(super) const RELEASES: &str = "releases/";

pub(super) fn content(digest: &Digest) -> String {
    format!("objects/sha256/{digest}")
}

pub(super) fn release(name: &PluginName, version: Version) -> String {
    format!("{RELEASES}{name}/{version}.json")
}

/// The release that a path names.
pub(super) fn parse_release(path: &str) -> Option<(PluginName, Version)> {
    let (name, version) = path.strip_prefix(RELEASES)?.split_once('/')?;
    let version = version.strip_suffix(".json")?;
    Some((PluginName::parse(name).ok()?, Version::parse(version).ok()?))
}

pub(super) fn artifact(target: Target, compatibility: &Digest, wasm: &Digest) -> String {
    format!("artifacts/{target}/{compatibility}/{wasm}.json")
}
