/// Whether callers that AWS has authenticated need no key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Iam {
    /// They need one, as everybody does.
    #[default]
    Off,
    /// They count as the key that names their ARN.
    On,
}
