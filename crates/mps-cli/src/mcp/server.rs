//! The requests of the protocol.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::{
    follow::Progress,
    session::Session,
    tools::{self, ToolCall},
};

/// Answers the requests of one client.
pub(super) struct Server {
    session: Arc<Session>,
    tools: Vec<Tool>,
}

impl Server {
    pub(super) fn new(session: Arc<Session>) -> Self {
        let tools = tools::all();
        Self { session, tools }
    }

    fn unknown_tool(&self, name: &str) -> ErrorData {
        let known: Vec<_> = self.tools.iter().map(|tool| &*tool.name).collect();
        let known = known.join(", ");
        let message = format!("there is no tool {name:?}; choose from {known}");
        ErrorData::invalid_params(message, None)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let implementation = Implementation::new("mps", env!("CARGO_PKG_VERSION"));
        let mut config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        config.server_info = implementation;
        config.with_instructions(tools::INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let token = context.meta.get_progress_token();
        let name = request.name.into_owned();
        let call = ToolCall {
            name: name.clone(),
            arguments: request.arguments.unwrap_or_default(),
            progress: token.map(|token| Progress {
                peer: context.peer.clone(),
                token,
            }),
            cancel: context.ct.clone(),
        };
        let session = self.session.clone();
        // In a task of its own, so that a panic becomes an answer.
        let called = tokio::spawn(async move { tools::call(&session, call).await });
        match called.await {
            Ok(Some(result)) => Ok(result.into()),
            Ok(None) => Err(self.unknown_tool(&name)),
            Err(_) => Ok(tools::panicked().into()),
        }
    }
}
