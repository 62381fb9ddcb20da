//! The secret from which the seeds of plugins are derived.

use secrecy::{ExposeSecret, SecretBox};

/// 256 random bits that never leave the store and this process. They cannot be printed.
#[derive(Debug)]
pub struct SeedRoot(SecretBox<[u8; 32]>);

impl SeedRoot {
    /// Takes the bytes that were kept, or ones for a test.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// Draws new bytes from the operating system.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self::new(bytes))
    }

    /// The bytes, to derive a seed from.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cannot_be_printed() {
        let printed = format!("{:?}", SeedRoot::new([171; 32]));
        assert!(!printed.contains("171"), "{printed}");
    }
}
