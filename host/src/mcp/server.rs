//! The methods of the protocol.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    CustomRequest, CustomResult, DiscoverResult, ErrorCode, ErrorData, GetPromptRequestParams,
    GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, ServerCapabilities, ServerConfig, SetLevelRequestMethod,
    SetLevelRequestParams, SubscribeRequestMethod, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestMethod, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::client::Client;
use super::desk::{Desk, Guest};
use super::endpoint::Mode;
use super::kept::{Kept, SessionData};
use super::{asked, completion, offered, prompts, resources, tools};
use crate::config::Mcp;
use crate::error::{Failure, Kind};
use crate::unfinished;

/// How long a client may remember what depends on its key and the operator's settings, in ms.
const FRESH_MS: u64 = 60_000;

/// How often a client that listens is told of what its key has used.
const LOOK: Duration = Duration::from_secs(15);

/// The most resources that a session hears of.
const MOST_SUBSCRIBED: usize = 100;

/// What a client may tell its model of the server.
const INSTRUCTIONS: &str = "Models of Amazon Bedrock as tools. Ask `bedrock_list_models` which models there are before \
    you name one; `bedrock_describe_model` says what one can do and what it costs. `bedrock_chat` asks a model. All of \
    it is paid for by the API key of this connection: `usage_report` says what was used and what is left.";

/// What answers each method.
#[derive(Clone)]
pub(super) struct Server {
    settings: Arc<Mcp>,
    secret: [u8; 32],
    mode: Mode,
}

impl Server {
    /// With a secret that seals what tools leave with clients.
    pub(super) fn new(settings: Arc<Mcp>, secret: [u8; 32], mode: Mode) -> Self {
        Self { settings, secret, mode }
    }
}

/// The head of the HTTP request that brought a message.
pub(super) fn http_parts(context: &RequestContext<RoleServer>) -> Option<&Parts> {
    context.extensions.get()
}

/// What the caller of a request may ask Adit for. The operator is told what is asked.
fn desk(context: &RequestContext<RoleServer>, method: &'static str) -> Result<Arc<dyn Desk>, ErrorData> {
    let guest = http_parts(context).and_then(|parts| parts.extensions.get::<Guest>());
    let Guest(desk) = guest.ok_or_else(internal)?;
    desk.asked(method, None);
    Ok(Arc::clone(desk))
}

/// The time of a request is over.
async fn over(desk: &dyn Desk) {
    match desk.time_left() {
        Some(left) => sleep(left).await,
        None => std::future::pending().await,
    }
}

pub(super) fn internal() -> ErrorData {
    ErrorData::internal_error("internal error", None)
}

/// Changes what is kept of the session.
async fn change(
    context: &RequestContext<RoleServer>,
    change: impl FnOnce(&mut SessionData) + Send,
) -> Result<(), ErrorData> {
    let kept = http_parts(context).and_then(|parts| parts.extensions.get::<Kept>()).ok_or_else(internal)?;
    kept.change(change).await.map_err(|fault| {
        tracing::warn!(%fault, "a session could not be kept");
        internal()
    })
}

/// Whether a request stands for itself, as from 2026-07-28 on.
pub(super) fn is_stateless(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::NO_INITIALIZE)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .build();
        let server = Implementation::new("adit", env!("CARGO_PKG_VERSION"))
            .with_title("Adit")
            .with_description("A gateway to the models of Amazon Bedrock");
        ServerConfig::new(capabilities)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS)
    }

    /// What is offered without a session: who cannot listen has nothing to subscribe to.
    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let mut info = self.get_info();
        if let (Mode::Brief, Some(resources)) = (self.mode, &mut info.capabilities.resources) {
            resources.subscribe = None;
        }
        Ok(DiscoverResult::from_server_info(self.supported_protocol_versions().into_owned(), info))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let desk = desk(&context, "tools/list")?;
        first_page(request)?;
        let offered = desk.tools().await.map_err(|failure| tools::failed_protocol(&failure))?;
        let offered = offered.iter().filter_map(|(plugin, tool)| offered::listed(plugin, tool));
        let offered = offered.filter(|tool| tools::BuiltIn::named(&tool.name).is_none());
        let all = tools::all().into_iter().chain(offered).collect();
        let mut listed = ListToolsResult::with_all_items(all);
        (listed.ttl_ms, listed.cache_scope) = (Some(FRESH_MS), Some(CacheScope::Private));
        Ok(listed)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let desk = desk(&context, "tools/call")?;
        // A process that is frozen between requests waits for it.
        let _unfinished = unfinished::begin();
        let client = Client::of(&context);
        let work = async {
            let Some(tool) = tools::BuiltIn::named(&request.name) else {
                let (secret, mode) = (&self.secret, self.mode);
                let caller =
                    offered::Caller { context: &context, desk: &*desk, client: &client, secret, mode };
                return offered::call(request, &caller).await;
            };
            desk.asked("tools/call", Some(tool.name()));
            let result = tool.call(request.arguments, &*desk, &client).await;
            if tool.costs() && is_subscribed(&context, resources::USAGE) {
                client.updated(resources::USAGE).await;
            }
            Ok(result.into())
        };
        tokio::select! {
            biased;
            () = context.ct.cancelled() => Err(internal()),
            result = work => result,
            () = over(&*desk) => {
                let failure = Failure::new(Kind::ModelTimeout, "the tool took too long");
                desk.failed(&failure);
                Ok(tools::failed(&failure).into())
            }
        }
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::BuiltIn::named(name).map(tools::BuiltIn::tool)
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        desk(&context, "prompts/list")?;
        first_page(request)?;
        let mut listed = ListPromptsResult::with_all_items(prompts::listed(&self.settings));
        (listed.ttl_ms, listed.cache_scope) = (Some(FRESH_MS), Some(CacheScope::Private));
        Ok(listed)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        desk(&context, "prompts/get")?;
        let prompt = prompts::named(&self.settings, &request.name)?;
        let mut arguments = request.arguments.unwrap_or_default();
        prompts::add_answers(&mut arguments, request.input_responses);
        if is_stateless(&context)
            && asked::abilities(&context).elicit
            && let Some(question) = prompts::question(prompt, &arguments)
        {
            return Ok(question.into());
        }
        Ok(prompts::filled(&self.settings, prompt, arguments).await?.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        desk(&context, "resources/list")?;
        first_page(request)?;
        let mut listed = ListResourcesResult::with_all_items(resources::listed(&self.settings));
        (listed.ttl_ms, listed.cache_scope) = (Some(FRESH_MS), Some(CacheScope::Private));
        Ok(listed)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        desk(&context, "resources/templates/list")?;
        first_page(request)?;
        let mut listed = ListResourceTemplatesResult::with_all_items(resources::templates(&self.settings));
        (listed.ttl_ms, listed.cache_scope) = (Some(FRESH_MS), Some(CacheScope::Private));
        Ok(listed)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let desk = desk(&context, "resources/read")?;
        let contents = resources::read(&self.settings, &request.uri, &*desk).await?;
        // What was used is old at once.
        let fresh_ms = if request.uri == resources::USAGE { 0 } else { FRESH_MS };
        let result = ReadResourceResult::new(vec![contents]);
        Ok(result.with_ttl_ms(fresh_ms).with_cache_scope(CacheScope::Private).into())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        desk(&context, "resources/subscribe")?;
        if is_stateless(&context) {
            return Err(ErrorData::method_not_found::<SubscribeRequestMethod>());
        }
        if !resources::is_known(&self.settings, &request.uri) {
            return Err(resources::unknown(&request.uri));
        }
        change(&context, |data| {
            if data.subscribed.len() < MOST_SUBSCRIBED {
                data.subscribed.insert(request.uri);
            }
        })
        .await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        desk(&context, "resources/unsubscribe")?;
        if is_stateless(&context) {
            return Err(ErrorData::method_not_found::<UnsubscribeRequestMethod>());
        }
        change(&context, |data| {
            data.subscribed.remove(&request.uri);
        })
        .await
    }

    /// A stream that is held open beside requests costs an invocation for as long as it is: there is none where the
    /// process lives for one request.
    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        if self.mode == Mode::Brief {
            return None;
        }
        let mut accepted = SubscriptionFilter::new();
        accepted.resource_subscriptions = requested.resource_subscriptions.as_ref().map(|uris| {
            uris.iter()
                .filter(|uri| resources::is_known(&self.settings, uri))
                .take(MOST_SUBSCRIBED)
                .cloned()
                .collect()
        });
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let desk = desk(context.request_context(), "subscriptions/listen")?;
        let uris = context.accepted().resource_subscriptions.as_deref().unwrap_or_default();
        let watches_usage = uris.iter().any(|uri| uri == resources::USAGE);
        let watch = async {
            if !watches_usage {
                return std::future::pending().await;
            }
            let mut ticks = interval(LOOK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut known = None;
            loop {
                ticks.tick().await;
                // What cannot be read now can be read at the next look.
                let Ok(usage) = desk.usage(None, None).await else { continue };
                if known.as_ref().is_some_and(|known| *known != usage)
                    && context.sink().notify_resource_updated(resources::USAGE).await.is_err()
                {
                    return;
                }
                known = Some(usage);
            }
        };
        tokio::select! {
            () = context.cancelled() => {}
            () = watch => {}
            () = over(&*desk) => {}
        }
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let desk = desk(&context, "completion/complete")?;
        Ok(CompleteResult::new(completion::complete(&self.settings, &request, &*desk).await?))
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        desk(&context, "logging/setLevel")?;
        if is_stateless(&context) {
            // There each request says which messages it wants.
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        change(&context, |data| data.level = Some(request.level)).await
    }

    /// A method that is known comes here if its parameters are not what they have to be.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        const KNOWN: [&str; 4] = ["tools/call", "resources/read", "prompts/get", "completion/complete"];
        const OF_SESSIONS: [&str; 3] = ["resources/subscribe", "resources/unsubscribe", "logging/setLevel"];
        let method = request.method.as_str();
        if KNOWN.contains(&method) || (OF_SESSIONS.contains(&method) && !is_stateless(&context)) {
            return Err(ErrorData::invalid_params("the parameters are not those of this method", None));
        }
        let method: String = method.chars().take(200).collect();
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method `{method}`"), None))
    }
}

/// Whether the session wants to hear of a resource.
fn is_subscribed(context: &RequestContext<RoleServer>, uri: &str) -> bool {
    let kept = http_parts(context).and_then(|parts| parts.extensions.get::<Kept>());
    kept.and_then(Kept::data).is_some_and(|data| data.subscribed.contains(uri))
}

/// Lists have one page.
fn first_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(ErrorData::invalid_params("there is no such page: lists have one", None)),
        None => Ok(()),
    }
}
