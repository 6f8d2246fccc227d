//! A transport of your own, here around the default one: it logs every request, and marks it for a
//! proxy of the company. `cargo run --example own_transport -- TASK_ID` asks for a task.
//!
//! A transport that replaces the HTTP library implements the same trait, see its rules.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program prints

use std::{env, error::Error};

use mps_aigc::core::transport::{
    RequestBody, ReqwestTransport, ResponseBody, Transport, TransportError,
};
use mps_aigc::{Aigc, Endpoint, core::BoxFuture, credentials::DefaultChain};

#[derive(Debug)]
struct Logged<T>(T);

impl<T: Transport> Transport for Logged<T> {
    fn send(
        &self,
        mut request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let trace = http::HeaderValue::from_static("clips"); // not signed, so it may be added here
        request.headers_mut().insert("x-company-trace", trace);
        let action = request.headers().get("x-tc-action").cloned();
        let sent = self.0.send(request); // once: the client decides about retries
        Box::pin(async move {
            let response = sent.await;
            let status = response.as_ref().map(http::Response::status);
            eprintln!("{action:?}: {status:?}");
            response
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint =
        env::var("MPS_ENDPOINT").unwrap_or("https://mps.intl.tencentcloudapi.com".into());
    let builder = Aigc::builder()
        .endpoint(Endpoint::parse(&endpoint)?)
        .credentials(DefaultChain::new().from_environment())
        .transport(Logged(ReqwestTransport::new()));
    let aigc = Aigc::from_builder(builder)?;
    let id = env::args().nth(1).ok_or("usage: own_transport TASK_ID")?;
    println!("{}", aigc.task(id.parse()?).status().await?.status);
    Ok(())
}
