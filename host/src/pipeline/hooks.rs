/// A hook of the contract: an interface that a plugin may export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// Chooses the model.
    Route,
    /// Reads every string that a model would read.
    Prompt,
    /// Reads the whole request.
    Request,
    /// Reads the events of the answer.
    Event,
    /// Reads the answer's text.
    Text,
    /// Learns how the request ended.
    Finish,
    /// Speaks a wire format of clients.
    ClientFormat,
    /// Speaks a wire format of models.
    ModelFormat,
    /// Offers tools.
    ToolProvider,
}

impl Hook {
    /// All, in the order in which a request meets them.
    pub const ALL: [Self; 9] = [
        Self::Route,
        Self::Prompt,
        Self::Request,
        Self::Event,
        Self::Text,
        Self::Finish,
        Self::ClientFormat,
        Self::ModelFormat,
        Self::ToolProvider,
    ];

    /// The interface of the contract.
    pub fn interface(self) -> &'static str {
        match self {
            Self::Route => "route-hook",
            Self::Prompt => "prompt-hook",
            Self::Request => "request-hook",
            Self::Event => "event-hook",
            Self::Text => "text-hook",
            Self::Finish => "finish-hook",
            Self::ClientFormat => "client-format",
            Self::ModelFormat => "model-format",
            Self::ToolProvider => "tool-provider",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        let interface = self.interface();
        interface.strip_suffix("-hook").unwrap_or(interface)
    }

    fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Which hooks a plugin has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hooks(u16);

impl Hooks {
    /// These.
    pub const fn of(hooks: &[Hook]) -> Self {
        let (mut bits, mut next) = (0, hooks);
        while let [hook, rest @ ..] = next {
            bits |= 1 << *hook as u16;
            next = rest;
        }
        Self(bits)
    }

    /// Whether this one is among them.
    pub fn has(self, hook: Hook) -> bool {
        self.0 & hook.bit() != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All of them, in the order of [`Hook::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Hook> {
        Hook::ALL.into_iter().filter(move |hook| self.has(*hook))
    }
}

impl FromIterator<Hook> for Hooks {
    fn from_iter<I: IntoIterator<Item = Hook>>(hooks: I) -> Self {
        Self(hooks.into_iter().fold(0, |bits, hook| bits | hook.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_it_was_made_of() {
        for hook in Hook::ALL {
            let hooks = Hooks::of(&[hook]);
            assert_eq!(hooks.iter().collect::<Vec<_>>(), [hook]);
            assert_eq!(hooks, [hook].into_iter().collect());
        }
        assert_eq!(Hook::ALL.into_iter().collect::<Hooks>().iter().collect::<Vec<_>>(), Hook::ALL);
        assert!(Hooks::default().is_empty());
    }
}
