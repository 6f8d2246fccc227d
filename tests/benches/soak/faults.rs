//! Every fault kind, each with a small probability.

/// Returns fault rules as flags of `mps emulator`. Together they affect about a quarter of all calls.
pub(crate) fn flags() -> impl Iterator<Item = String> {
    const KINDS: [&str; 17] = [
        r#""kind":"refuse","code":"InternalError""#,
        r#""kind":"delay","delay":"200ms""#,
        r#""kind":"http","status":503"#,
        r#""kind":"html""#,
        r#""kind":"truncate""#,
        r#""kind":"drip","pieces":3,"delay":"50ms""#,
        r#""kind":"reset_before_read""#,
        r#""kind":"reset_after_read""#,
        r#""kind":"reply_lost""#,
        r#""kind":"content_type""#,
        r#""kind":"throttle""#,
        r#""kind":"token_expired""#,
        r#""kind":"done_without_url""#,
        r#""kind":"unknown_status""#,
        r#""kind":"nulls""#,
        r#""kind":"close_idle""#,
        // Longer than the timeout of an attempt.
        r#""kind":"delay","delay":"4s""#,
    ];
    const DOWNLOADS: [&str; 5] = [
        r#""kind":"truncate""#,
        r#""kind":"drip","pieces":5,"delay":"20ms""#,
        r#""kind":"http","status":503"#,
        r#""kind":"reset_after_read""#,
        r#""kind":"html""#,
    ];
    let calls = KINDS.map(|kind| format!(r#"--fault={{{kind},"probability":0.015}}"#));
    let downloads = DOWNLOADS
        .map(|kind| format!(r#"--fault={{{kind},"action":"download","probability":0.05}}"#));
    calls.into_iter().chain(downloads)
}
