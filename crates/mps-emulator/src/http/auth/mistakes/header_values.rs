//! Values that differ from those that were sent.

use mps_models::service::{NAME as SERVICE, REGIONS, SITES};

use super::{Evidence, Mistake, SigningAttempt, one};

pub(super) fn host(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let Some(sent) = evidence.header("host") else {
        return Vec::new();
    };
    let name = sent.rsplit_once(':').map_or(sent, |(name, _)| name);
    let port = sent.rsplit_once(':').map_or("", |(_, port)| port);
    let mut hosts = vec![
        sent.to_ascii_lowercase(),
        sent.to_ascii_uppercase(),
        format!("{name}:80"),
        format!("{name}:443"),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        format!("http://{sent}"),
        format!("https://{sent}"),
        format!("{sent}/"),
    ];
    for site in SITES {
        hosts.push(site.host.to_owned());
        hosts.push(site.root_domain.to_owned());
        let regional = REGIONS
            .iter()
            .map(|region| format!("{SERVICE}.{region}.{}", site.regional_domain));
        hosts.extend(regional);
    }
    hosts.push(format!("{SERVICE}.internal.tencentcloudapi.com"));
    hosts.sort();
    hosts.dedup();
    hosts.retain(|host| host != sent);
    hosts
        .into_iter()
        .map(|host| {
            let what = format!("the host `{host}` was signed, but `{sent}` was sent");
            one(evidence, what, |attempt| set(attempt, "host", &host))
        })
        .collect()
}

pub(super) fn content_type(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let Some(sent) = evidence.header("content-type") else {
        return Vec::new();
    };
    let plain = sent.split(';').next().unwrap_or_default();
    let mut types: Vec<String> = [
        plain,
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/octet-stream",
        "text/plain",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    types.extend([sent.to_ascii_lowercase(), sent.to_ascii_uppercase()]);
    types.retain(|value| value != sent);
    types
        .into_iter()
        .map(|value| {
            let what = format!("the content type `{value}` was signed, but `{sent}` was sent");
            one(evidence, what, |attempt| {
                set(attempt, "content-type", &value)
            })
        })
        .collect()
}

fn set(attempt: &mut SigningAttempt, name: &str, value: &str) {
    let found = attempt.headers.iter_mut().find(|(known, _)| known == name);
    if let Some((_, known)) = found {
        value.clone_into(known);
    }
}
