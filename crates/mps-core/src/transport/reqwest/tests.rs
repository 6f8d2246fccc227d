//! Requests to hosts that an answer named, with a resolver that a test controls.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::transport::{RequestBody, TransportErrorKind};

/// Resolves every name to the same addresses.
#[derive(Debug)]
struct Fixed(Vec<IpAddr>);

impl Lookup for Fixed {
    fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let addresses = self.0.iter().map(|address| SocketAddr::new(*address, 0));
        let addresses = addresses.collect();
        Box::pin(async { Ok(addresses) })
    }
}

fn transport(addresses: &[&str]) -> ReqwestTransport {
    let addresses = addresses.iter().map(|text| text.parse().unwrap());
    let builder = ReqwestTransportBuilder {
        lookup: Arc::new(Fixed(addresses.collect())),
        ..ReqwestTransportBuilder::default()
    };
    builder.build()
}

async fn get(
    transport: &ReqwestTransport,
    url: &str,
    scope: HostScope,
) -> Result<http::Response<ResponseBody>, TransportError> {
    let mut request = http::Request::get(url).body(RequestBody::new("")).unwrap();
    request.extensions_mut().insert(scope);
    transport.send(request).await
}

#[tokio::test]
async fn a_name_that_resolves_to_an_address_inside_the_network_is_refused() {
    for address in [
        "169.254.169.254",
        "10.0.0.1",
        "127.0.0.1",
        "::1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "224.0.0.1",
    ] {
        let transport = transport(&[address]);
        let error = get(&transport, "http://bucket.example/a", HostScope::Public);
        let error = error.await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request, "{address}");
        let reason = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(reason, "the address of the host is not public", "{address}");
    }
}

#[tokio::test]
async fn a_refused_address_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let transport = transport(&["127.0.0.1"]);
    let urls = [
        format!("http://bucket.example:{port}/a"),
        format!("http://127.0.0.1:{port}/a"),
        format!("http://[::ffff:127.0.0.1]:{port}/a"),
    ];
    for url in urls {
        let error = get(&transport, &url, HostScope::Public).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request, "{url}");
    }
    let url = format!("http://bucket.example:{port}/a");
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1_024];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    };
    // The first connection that arrives is the allowed one.
    let (answer, ()) = tokio::join!(get(&transport, &url, HostScope::Loopback), answer);
    assert_eq!(answer.unwrap().status(), 200);
}

#[tokio::test]
async fn addresses_outside_the_scope_are_skipped_where_others_remain() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let transport = transport(&["10.0.0.1", "127.0.0.1"]);
    let url = format!("http://bucket.example:{port}/a");
    let accept = async { drop(listener.accept().await.unwrap()) };
    let (answer, ()) = tokio::join!(get(&transport, &url, HostScope::Loopback), accept);
    assert_eq!(answer.unwrap_err().kind(), TransportErrorKind::Interrupted);
}

#[test]
fn a_build_without_tls_calls_no_https_address() {
    let https = Url::parse("https://mps.intl.tencentcloudapi.com/").unwrap();
    let http = Url::parse("http://127.0.0.1:8080/").unwrap();

    let error = clients::check_scheme(&https, false).unwrap_err();

    assert_eq!(error.kind(), TransportErrorKind::Request);
    assert!(clients::check_scheme(&http, false).is_ok());
    assert!(clients::check_scheme(&https, true).is_ok());
}
