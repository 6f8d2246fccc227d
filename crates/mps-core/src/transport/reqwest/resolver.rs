//! Resolution of host names with a check of every address before a connection is made.

use std::{error, fmt, io, net::SocketAddr, sync::Arc};

use ::reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{BoxFuture, transport::HostScope};

/// Finds the addresses of a host.
pub(crate) trait Lookup: fmt::Debug + Send + Sync {
    /// Returns the addresses of `host`; their ports are not used.
    ///
    /// # Errors
    /// Fails if the name cannot be resolved.
    ///
    /// # Cancel safety
    /// Dropping the future gives the lookup up.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug)]
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((host, 0)).await?;
            Ok(addresses.collect())
        })
    }
}

/// A resolver that yields only addresses within a scope, and fails if there is none.
#[derive(Clone, Debug)]
pub(super) struct ScopedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) scope: HostScope,
}

impl Resolve for ScopedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, scope) = (self.lookup.clone(), self.scope);
        Box::pin(async move {
            let found = lookup.lookup(name.as_str().to_owned()).await?;
            let is_empty = found.is_empty();
            let mut allowed = found;
            allowed.retain(|address| scope.allows(address.ip()));
            if allowed.is_empty() && !is_empty {
                return Err(OutOfScope(scope).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The error of a host all of whose addresses are refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfScope(pub(super) HostScope);

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.refusal())
    }
}

impl error::Error for OutOfScope {}

/// Returns the refusal among the causes of `error`, if that is one.
pub(super) fn refusal(error: &(dyn error::Error + 'static)) -> Option<OutOfScope> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<OutOfScope>() {
            return Some(*refusal);
        }
        cause = error.source();
    }
    None
}
