use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Failure;

/// What a component answered to a question about itself, such as which routes it has: it is asked once
/// for each config.
pub(super) struct Answers<T>(Mutex<HashMap<Arc<str>, Arc<[T]>>>);

impl<T> Answers<T> {
    /// More configs than an operator has for one plugin. Beyond them all are asked again.
    const MAX_CONFIGS: usize = 1024;

    /// The answer with a config; `ask` is run if it is not known yet. A failure is not kept.
    pub(super) async fn with(
        &self,
        config: &Arc<str>,
        ask: impl Future<Output = Result<Arc<[T]>, Failure>>,
    ) -> Result<Arc<[T]>, Failure> {
        let known = self.known().get(config).cloned();
        if let Some(answer) = known {
            return Ok(answer);
        }
        let answer = ask.await?;
        let mut known = self.known();
        if known.len() >= Self::MAX_CONFIGS {
            known.clear();
        }
        known.insert(Arc::clone(config), Arc::clone(&answer));
        Ok(answer)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<[T]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::error::Kind;

    #[tokio::test]
    async fn each_config_is_asked_once_and_again_after_a_failure() {
        let (answers, mut asked) = (Answers::default(), Vec::new());
        let failure = Failure::new(Kind::PluginFault, "it broke");
        let turns = [("a", false), ("a", true), ("a", true), ("b", true), ("a", true), ("b", true)];
        for (config, works) in turns {
            let ask = async {
                asked.push((config, works));
                if works { Ok(Arc::from([config])) } else { Err(failure.clone()) }
            };
            let answer = answers.with(&Arc::from(config), ask).await;
            assert_eq!(answer.is_ok(), works);
            assert!(!works || *answer.unwrap() == [config]);
        }
        assert_eq!(asked, [("a", false), ("a", true), ("b", true)]);
    }
}
