//! The emulator's page for people: static files over the control API, at `/_emulator/`.
//!
//! The files contain no data. The page asks the control API for it, from the same origin and with the
//! token where one is needed.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use serde_json::json;

use super::control;
use crate::http::reply;

/// The path of the page.
pub(crate) const PATH: &str = "/_emulator/";

/// A file of the page.
struct File {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const FILES: [File; 5] = [
    File {
        name: "",
        content_type: "text/html; charset=utf-8",
        content: include_str!("page/page.html"),
    },
    // The look of the galleries of mps-jobs; a test compares the two files.
    File {
        name: "look.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("page/look.css"),
    },
    File {
        name: "page.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("page/page.css"),
    },
    File {
        name: "page.js",
        content_type: "text/javascript; charset=utf-8",
        // The parts of one script, which share its scope.
        content: concat!(
            "\"use strict\";\n(() => {\n",
            include_str!("page/api.js"),
            include_str!("page/tasks.js"),
            include_str!("page/lists.js"),
            include_str!("page/controls.js"),
            "})();\n"
        ),
    },
    File {
        name: "icon.svg",
        content_type: "image/svg+xml",
        content: include_str!("page/icon.svg"),
    },
];

/// Allows the page's own files, the control API and results, all of the same origin, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

/// Returns the answer to a request for the page or one of its files; `None` for another path.
pub(crate) fn answer(head: &Parts) -> Option<Response<Bytes>> {
    let path = head.uri.path();
    if path == PATH.trim_end_matches('/') {
        return Some(moved());
    }
    let name = path.strip_prefix(PATH)?;
    let file = FILES.iter().find(|file| file.name == name)?;
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Some(control::wrong_method("GET, HEAD"));
    }
    let content = Bytes::from_static(file.content.as_bytes());
    let mut response = reply::with_type(
        StatusCode::OK,
        HeaderValue::from_static(file.content_type),
        content,
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Another version of this program may listen here next.
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        set(&mut response, name, value);
    }
    Some(response)
}

/// Returns the redirect of the path without its slash, with which the names of the files would be wrong.
fn moved() -> Response<Bytes> {
    let mut response = reply::json(StatusCode::PERMANENT_REDIRECT, &json!({ "location": PATH }));
    set(&mut response, header::LOCATION, PATH);
    response
}

fn set(response: &mut Response<Bytes>, name: HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::faults::kind_names;

    fn get(path: &str) -> Option<Response<Bytes>> {
        let request = Request::builder().uri(path).body(()).unwrap();
        answer(&request.into_parts().0)
    }

    #[test]
    fn every_file_has_a_policy_and_a_type() {
        for file in FILES {
            let response = get(&format!("{PATH}{}", file.name)).unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            let policy = response.headers().get("content-security-policy").unwrap();
            assert!(policy.to_str().unwrap().starts_with("default-src 'none'"));
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        }
        assert_eq!(get("/_emulator").unwrap().headers()["location"], PATH);
        assert!(get("/_emulator/other").is_none() && get("/_emulator/v1/bill").is_none());
    }

    #[test]
    fn the_page_names_its_own_files_only() {
        let html = FILES[0].content;
        for attribute in ["href=\"", "src=\""] {
            for reference in html.split(attribute).skip(1) {
                let reference = reference.split('"').next();
                assert!(FILES.iter().any(|file| reference == Some(file.name)));
            }
        }
        assert!(!html.contains(" style=") && !html.contains("<script>") && !html.contains("://"));
    }

    #[test]
    fn the_page_offers_every_kind_of_fault() {
        let html = FILES[0].content;
        for kind in kind_names() {
            assert!(html.contains(&format!("<option>{kind}</option>")), "{kind}");
        }
        assert_eq!(html.matches("<option>").count(), kind_names().count());
    }
}
