//! The emulator as a transport: no sockets, so that a test may decide what time it is.

use mps_core::{
    BoxFuture, Client, ClientBuilder, Error,
    clock::SharedClock,
    credentials::Credentials,
    endpoint::Endpoint,
    transport::{RequestBody, ResponseBody, Transport, TransportError},
};
use mps_emulator::Service;

/// Hands every request, whatever its host, to one [`Service`], which answers at once.
#[derive(Clone, Debug)]
pub struct InMemory(Service);

impl InMemory {
    /// A transport that reaches `service` and nothing else.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self(service)
    }
}

impl Transport for InMemory {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let request = request.map(RequestBody::into_bytes);
        Box::pin(async move { Ok(self.0.handle(request).map(ResponseBody::from)) })
    }
}

/// A client of the account that `service` knows; set another transport or limiter to put
/// something between the two.
///
/// # Errors
/// The service's endpoint is not one, which would be a mistake of the emulator's.
pub fn client(service: &Service, clock: SharedClock) -> Result<ClientBuilder, Error> {
    // No socket, so no listener: the scheme stands here only because a client insists on it.
    let endpoint = service.endpoint().replacen("http:", "https:", 1);
    Ok(Client::builder()
        .credentials(Credentials::new(service.secret_id(), service.secret_key()))
        .endpoint(Endpoint::parse(&endpoint)?)
        .transport(InMemory::new(service.clone()))
        .clock(clock))
}
