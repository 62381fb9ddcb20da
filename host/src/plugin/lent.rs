use std::future::Future as _;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use wasmtime::Store;
use wasmtime::component::ResourceAny;

use super::idle::{Idle, Owner, Rested};
use super::imports::{Blobs, ClientLine};
use super::instance::{Budget, Guest, Instance};
use super::session::Initialised;
use crate::error::{Failure, Kind};
use crate::pipeline::TextWish;

/// Requests that an instance serves at most.
const MAX_USES: u32 = 1000;

/// Where an instance goes when a request is done with it.
pub(super) struct Home {
    pub(super) idle: Arc<Idle>,
    pub(super) owner: Owner,
    pub(super) wish: TextWish,
    /// Requests before this one.
    pub(super) uses: u32,
}

/// An instance at work on a request. It ends with it, or goes where the next request of the same key
/// finds it.
pub(super) struct Lent {
    /// Always there until the end.
    work: Option<Work>,
}

struct Work {
    initialised: Initialised,
    session: ResourceAny,
    budget: Budget,
    home: Option<Home>,
}

impl Lent {
    pub(super) fn new(
        initialised: Initialised,
        session: ResourceAny,
        budget: Budget,
        home: Option<Home>,
    ) -> Self {
        Self { work: Some(Work { initialised, session, budget, home }) }
    }

    /// See [`Instance::call`].
    pub(super) async fn call<T>(
        &mut self,
        name: &'static str,
        budget: Budget,
        call: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        match &mut self.work {
            Some(work) => work.initialised.instance.call(name, budget, call).await,
            None => {
                Err(Failure::new(Kind::Internal, "internal error").with_internal("the session has ended"))
            }
        }
    }

    /// See [`Instance::lend`].
    pub(super) fn lend(&mut self, blobs: Blobs) {
        if let Some(work) = &mut self.work {
            work.initialised.instance.lend(blobs);
        }
    }

    /// See [`Instance::connect`].
    pub(super) fn connect(&mut self, line: ClientLine) {
        if let Some(work) = &mut self.work {
            work.initialised.instance.connect(line);
        }
    }

    /// See [`Instance::condemn`].
    pub(super) fn condemn(&mut self) {
        self.work.as_mut().map(|work| &mut work.initialised.instance).map(Instance::condemn);
    }
}

impl Work {
    /// Ends the guest's session, whose destructor is the plugin's code, and keeps what is left.
    async fn go_home(mut self) {
        let Some(home) = self.home else { return };
        let instance = &mut self.initialised.instance;
        let session = self.session;
        let ended = instance.call("the end of a session", self.budget, async |store| {
            session.resource_drop_async(store).await
        });
        if let Err(fault) = ended.await {
            let plugin = self.initialised.plugin.as_str();
            tracing::warn!(plugin, %fault, "an instance is not used again");
            return;
        }
        let uses = home.uses + 1;
        // Memory never gets less: an instance that has most of its limit would soon fail.
        let most_bytes = instance.allowance().memory_bytes / 4 * 3;
        if uses < MAX_USES && instance.memory_bytes() <= most_bytes {
            let Home { idle, owner, wish, .. } = home;
            idle.put(owner, Rested { initialised: self.initialised, wish, uses });
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        if work.home.is_none() || work.initialised.instance.is_broken() {
            return;
        }
        let mut going = Box::pin(work.go_home());
        // Nearly every destructor is done at once, and then the next request finds the instance.
        let first = going.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let (Poll::Pending, Ok(runtime)) = (first, tokio::runtime::Handle::try_current()) {
            runtime.spawn(going);
        }
    }
}
