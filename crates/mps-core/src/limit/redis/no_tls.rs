//! Replaces TLS in a build without the feature `redis-tls`.

use std::convert::Infallible;

use redis::{AsyncConnectionConfig, ConnectionInfo, RedisConnectionInfo};

use super::connection::Connection;
use crate::{
    clock::Clock,
    limit::{Unavailable, shared::StoreError},
};

pub(super) struct Tls(Infallible);

impl Tls {
    pub(super) fn trusting_the_platform(server: &ConnectionInfo) -> Result<Self, Unavailable> {
        let address = server.addr();
        Err(Unavailable::new(format!(
            "the rate limiter's Redis server at {address} requires TLS, which this build lacks"
        ))
        .with_hint("build with the feature `redis-tls` of mps-core"))
    }

    #[expect(clippy::unused_async, reason = "same signature as with TLS")]
    pub(super) async fn connect(
        &self,
        _address: &str,
        _settings: &RedisConnectionInfo,
        _config: AsyncConnectionConfig,
        _clock: &dyn Clock,
    ) -> Result<Connection, StoreError> {
        match self.0 {}
    }
}
