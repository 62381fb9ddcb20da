//! Work that goes on when nobody waits for it any more, and that must be done before the process may stop.
//!
//! Bills are settled and finish hooks run however a request ends, on tasks of their own. A platform that freezes
//! the process between requests has to wait for them. What is counted is the process's, so there is one count.

use std::sync::LazyLock;

use tokio::sync::watch;
use tokio::task::JoinHandle;

static UNFINISHED: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// Work that is not finished for as long as it lives.
#[derive(Debug)]
pub struct Unfinished(());

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// For work that somebody else has begun, and that must be done before the process may stop.
pub fn begin() -> Unfinished {
    UNFINISHED.send_modify(|count| *count += 1);
    Unfinished(())
}

/// As [`tokio::spawn`], for work that must be done before the process may stop. Needs a runtime.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let unfinished = begin();
    tokio::spawn(async move {
        let _unfinished = unfinished;
        work.await
    })
}

/// Waits until all of it is done.
pub async fn done() {
    // The sender is never gone.
    let _ = UNFINISHED.subscribe().wait_for(|count| *count == 0).await;
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn waits_for_what_nobody_else_waits_for() {
        let (begin, is_done) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let work = (Arc::clone(&begin), Arc::clone(&is_done));
        drop(spawn(async move {
            work.0.notified().await;
            work.1.store(true, Ordering::Relaxed);
        }));
        let waiting = tokio::spawn(done());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        begin.notify_one();
        waiting.await.unwrap();
        assert!(is_done.load(Ordering::Relaxed));
    }
}
