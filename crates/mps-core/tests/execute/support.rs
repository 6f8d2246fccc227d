//! A client on a script of answers.

use std::sync::Arc;

use mps_core::{
    Client, Error,
    clock::TestClock,
    credentials::Credentials,
    limit::LocalLimiter,
    transport::{Reply, ScriptedTransport},
};
use mps_models::{AigcTaskStatus, CreateAigcVideoTask, DescribeAigcVideoTask};

pub(crate) const NOW: u64 = 1_771_125_945;
pub(crate) const CREATED: &str = r#"{"Response":{"TaskId":"2147483792","RequestId":"r-1"}}"#;
pub(crate) const RUNNING: &str = r#"{"Response":{"Status":"RUN","RequestId":"r-2"}}"#;
pub(crate) const SECRET: &str = "hunter2-secret-key";
pub(crate) const PROMPT: &str = "a prompt nobody else should read";

pub(crate) struct Case {
    pub(crate) transport: ScriptedTransport,
    pub(crate) clock: TestClock,
    pub(crate) client: Client,
}

pub(crate) fn case(replies: impl IntoIterator<Item = Reply>) -> Case {
    let transport = ScriptedTransport::new(replies);
    let clock = TestClock::new(NOW).auto_advance();
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET))
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .limiter(LocalLimiter::without_warm_up(Arc::new(clock.clone())))
        .build()
        .unwrap();
    Case {
        transport,
        clock,
        client,
    }
}

impl Case {
    pub(crate) async fn create(&self) -> Result<String, Error> {
        let request = CreateAigcVideoTask::new().prompt(PROMPT);
        let output = self.client.send(&request).await?;
        Ok(output.body.task_id.unwrap_or_default())
    }

    pub(crate) async fn describe(&self) -> Result<AigcTaskStatus, Error> {
        let output = self
            .client
            .send(&DescribeAigcVideoTask::new("2147483792"))
            .await?;
        Ok(output.body.status.unwrap_or_else(|| "".into()))
    }

    pub(crate) fn sent(&self) -> usize {
        self.transport.requests().len()
    }
}
