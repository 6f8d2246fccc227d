//! The certificates that the platform trusts, read when they are needed first.

use std::{error, fmt};

#[cfg(feature = "tls")]
pub(super) use self::tls::{Certificates, Tls, trusting_none};
#[cfg(not(feature = "tls"))]
pub(super) use self::without_tls::{Certificates, Tls, trusting_none};

#[cfg(feature = "tls")]
mod tls {
    use rustls::ClientConfig;
    use tokio::sync::OnceCell;

    use super::Unusable;
    use crate::{sync::Worker, tls};

    pub(in super::super) type Tls = ClientConfig;

    /// The certificates, once they are read.
    #[derive(Debug)]
    pub(in super::super) struct Certificates(OnceCell<ClientConfig>);

    impl Certificates {
        pub(in super::super) fn new() -> Self {
            Self(OnceCell::new())
        }

        /// Returns a configuration that trusts the platform's certificate authorities. Reads up to some
        /// hundred files, which takes a few milliseconds, on a thread that ends then.
        pub(in super::super) async fn trusted(&self) -> Result<Tls, Unusable> {
            let read = || async {
                let thread = Worker::new("mps-certificates");
                let read = thread.run(tls::trusting_the_platform).await;
                read.map_err(Unusable::new)?.map_err(Unusable::new)
            };
            self.0.get_or_try_init(read).await.cloned()
        }
    }

    /// Returns a configuration for a client that makes no TLS connection.
    pub(in super::super) fn trusting_none() -> Result<Tls, Unusable> {
        tls::trusting_none().map_err(Unusable::new)
    }
}

#[cfg(not(feature = "tls"))]
mod without_tls {
    use super::Unusable;

    pub(in super::super) type Tls = ();

    /// Nothing, in a build that makes no TLS connection.
    #[derive(Debug)]
    pub(in super::super) struct Certificates;

    impl Certificates {
        pub(in super::super) fn new() -> Self {
            Self
        }

        #[expect(clippy::unused_async, reason = "as with TLS")]
        pub(in super::super) async fn trusted(&self) -> Result<Tls, Unusable> {
            Ok(())
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as with TLS")]
    pub(in super::super) fn trusting_none() -> Result<Tls, Unusable> {
        Ok(())
    }
}

/// The error of a machine whose certificates cannot be read.
#[derive(Debug)]
pub(super) struct Unusable(Box<dyn error::Error + Send + Sync>);

impl Unusable {
    #[cfg(feature = "tls")]
    fn new(cause: impl error::Error + Send + Sync + 'static) -> Self {
        Self(Box::new(cause))
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificates that this machine trusts cannot be read")
    }
}

impl error::Error for Unusable {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.0)
    }
}
