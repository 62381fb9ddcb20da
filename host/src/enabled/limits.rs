use std::time::Duration;

use crate::config::{Allowance, PluginLimits};
use crate::ids::PluginName;

/// What one plugin may use for one key; what is not said here is as the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, in bytes.
    pub memory_bytes: Option<usize>,
    /// `init`.
    pub init: Option<Duration>,
    /// A hook that runs once a request.
    pub request_hook: Option<Duration>,
    /// A hook that runs many times a request.
    pub stream_hook: Option<Duration>,
    /// All calls of one request together.
    pub request_total: Option<Duration>,
}

/// Why a text is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimit {
    /// It has not the form of one.
    #[error(
        "`{0}` is not a limit: write `memory=64MiB`, or `init`, `request-hook`, `stream-hook` or `request-total` with a time such as `200ms` or `2s`"
    )]
    Malformed(String),
    /// It is more than the settings allow.
    #[error("the limit `{0}` is more than the settings allow: `plugin_limits.{1} = {2}`")]
    TooMuch(String, &'static str, u128),
}

impl Limits {
    /// The limits that hold.
    #[must_use]
    pub fn over(&self, settings: &PluginLimits, plugin: &PluginName) -> Allowance {
        let usual = settings.of(plugin);
        Allowance {
            memory_bytes: self.memory_bytes.unwrap_or(usual.memory_bytes).min(settings.most.memory_bytes),
            init: self.init.unwrap_or(usual.init),
            request_hook: self.request_hook.unwrap_or(usual.request_hook),
            stream_hook: self.stream_hook.unwrap_or(usual.stream_hook),
            request_total: self.request_total.unwrap_or(usual.request_total),
        }
    }

    /// Adds what a text names, such as `memory=64MiB` or `init=200ms`.
    pub fn add(&mut self, text: &str) -> Result<(), InvalidLimit> {
        let malformed = || InvalidLimit::Malformed(text.chars().take(80).collect());
        let (name, value) = text.split_once('=').ok_or_else(malformed)?;
        let slot = match name {
            "memory" => {
                self.memory_bytes = Some(bytes(value).ok_or_else(malformed)?);
                return Ok(());
            }
            "init" => &mut self.init,
            "request-hook" => &mut self.request_hook,
            "stream-hook" => &mut self.stream_hook,
            "request-total" => &mut self.request_total,
            _ => return Err(malformed()),
        };
        *slot = Some(time(value).ok_or_else(malformed)?);
        Ok(())
    }

    /// These, where those say nothing.
    #[must_use]
    pub fn without(&self, those: &Self) -> Self {
        fn beyond<T: Copy>(this: Option<T>, that: Option<T>) -> Option<T> {
            this.filter(|_| that.is_none())
        }
        Self {
            memory_bytes: beyond(self.memory_bytes, those.memory_bytes),
            init: beyond(self.init, those.init),
            request_hook: beyond(self.request_hook, those.request_hook),
            stream_hook: beyond(self.stream_hook, those.stream_hook),
            request_total: beyond(self.request_total, those.request_total),
        }
    }

    /// Takes what others say where these say nothing.
    pub fn extend(&mut self, others: &Self) {
        let Self { memory_bytes, init, request_hook, stream_hook, request_total } = *others;
        self.memory_bytes = self.memory_bytes.or(memory_bytes);
        self.init = self.init.or(init);
        self.request_hook = self.request_hook.or(request_hook);
        self.stream_hook = self.stream_hook.or(stream_hook);
        self.request_total = self.request_total.or(request_total);
    }

    /// As [`Limits::add`] takes them.
    pub fn texts(&self) -> Vec<String> {
        let memory = self.memory_bytes.map(|bytes| match bytes % (1 << 20) {
            0 => format!("memory={}MiB", bytes >> 20),
            _ => format!("memory={}KiB", bytes >> 10),
        });
        let times = [
            ("init", self.init),
            ("request-hook", self.request_hook),
            ("stream-hook", self.stream_hook),
            ("request-total", self.request_total),
        ];
        let times =
            times.into_iter().filter_map(|(name, time)| Some(format!("{name}={}ms", time?.as_millis())));
        memory.into_iter().chain(times).collect()
    }

    /// Whether no limit is above what the settings allow.
    pub fn within(&self, most: &Allowance) -> Result<(), InvalidLimit> {
        let too_much = |name: &str, setting, most| {
            let text = self.texts().into_iter().find(|text| text.starts_with(name)).unwrap_or_default();
            Err(InvalidLimit::TooMuch(text, setting, most))
        };
        if self.memory_bytes.is_some_and(|bytes| bytes > most.memory_bytes) {
            return too_much("memory", "max_memory_bytes", most.memory_bytes as u128);
        }
        let times = [
            ("init", "max_init_ms", self.init, most.init),
            ("request-hook", "max_request_hook_ms", self.request_hook, most.request_hook),
            ("stream-hook", "max_stream_hook_ms", self.stream_hook, most.stream_hook),
            ("request-total", "max_request_total_ms", self.request_total, most.request_total),
        ];
        for (name, setting, time, most) in times {
            if time.is_some_and(|time| time > most) {
                return too_much(name, setting, most.as_millis());
            }
        }
        Ok(())
    }
}

/// `64MiB` or `512KiB`.
fn bytes(text: &str) -> Option<usize> {
    let (number, shift) = match text.strip_suffix("MiB") {
        Some(number) => (number, 20),
        None => (text.strip_suffix("KiB")?, 10),
    };
    whole(number)?.checked_mul(1 << shift).and_then(|bytes| usize::try_from(bytes).ok())
}

/// `200ms` or `2s`.
fn time(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => whole(number).map(Duration::from_millis),
        None => whole(text.strip_suffix('s')?).map(Duration::from_secs),
    }
}

/// A whole number above zero, in digits alone.
fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn limits(texts: &[&str]) -> Limits {
        let mut limits = Limits::default();
        for text in texts {
            limits.add(text).unwrap();
        }
        limits
    }

    #[test]
    fn limits_come_back_as_they_were_written() {
        let texts =
            ["memory=64MiB", "init=200ms", "request-hook=1ms", "stream-hook=7ms", "request-total=900ms"];
        assert_eq!(limits(&texts).texts(), texts);
        assert_eq!(limits(&["memory=65KiB", "init=2s"]).texts(), ["memory=65KiB", "init=2000ms"]);
    }

    #[test]
    fn what_is_said_goes_before_what_others_ask_for() {
        let asked = limits(&["memory=128MiB", "init=200ms", "stream-hook=100ms"]);
        let mut given = limits(&["memory=64MiB", "request-total=5s"]);
        assert_eq!(asked.without(&given).texts(), ["init=200ms", "stream-hook=100ms"]);
        given.extend(&asked);
        let all = ["memory=64MiB", "init=200ms", "stream-hook=100ms", "request-total=5000ms"];
        assert_eq!(given.texts(), all);
    }

    #[test]
    fn refuses_what_is_no_limit() {
        for text in
            ["", "memory", "memory=64", "memory=0MiB", "memory=-1MiB", "init=1", "init=+1ms", "cpu=1s"]
        {
            assert!(Limits::default().add(text).is_err(), "`{text}` was taken");
        }
        assert!(Limits::default().add("memory=99999999999999999999MiB").is_err());
        assert!(Limits::default().add("memory=18446744073709551615MiB").is_err());
    }

    #[test]
    fn says_which_limit_is_above_the_settings() {
        let most = PluginLimits::default().most;
        limits(&["memory=128MiB", "init=5s"]).within(&most).unwrap();
        let fault = limits(&["init=1s", "memory=129MiB"]).within(&most).unwrap_err().to_string();
        let expected = "the limit `memory=129MiB` is more than the settings allow: \
                        `plugin_limits.max_memory_bytes = 134217728`";
        assert_eq!(fault, expected);
        let fault = limits(&["request-total=31s"]).within(&most).unwrap_err().to_string();
        assert!(
            fault.contains("`request-total=31000ms`") && fault.contains("max_request_total_ms = 30000"),
            "{fault}"
        );
    }

    #[test]
    fn what_is_not_said_is_as_the_settings_say() {
        let plugin = PluginName::parse("redact").unwrap();
        let mut settings = PluginLimits::default();
        let usual = settings.usual;
        settings.of.insert(plugin.clone(), Allowance { memory_bytes: 1, ..usual });
        let held = limits(&["init=7ms"]).over(&settings, &plugin);
        assert_eq!(held, Allowance { memory_bytes: 1, init: Duration::from_millis(7), ..usual });
        // The settings were made stricter since the plugin was switched on.
        settings.most.memory_bytes = 64 << 20;
        assert_eq!(limits(&["memory=128MiB"]).over(&settings, &plugin).memory_bytes, 64 << 20);
    }
}
