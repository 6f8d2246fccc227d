//! The vendor's SDKs compared with the typed call.

use std::{error::Error, path::Path};

use mps_tests::official::{Caller, Sdk};

use crate::{
    callers::{SECRET_ID, SECRET_KEY},
    usage,
};

const REQUEST: &str = "../spec/examples/CreateAigcVideoTask/documentation.request.json";
/// The number of calls that the SDKs' scripts make.
const CALLS: u32 = 1_000;

/// Prints the ratio for each SDK. Each run of an SDK is followed by one of ours, so that both run
/// under the same load.
#[expect(clippy::print_stdout, reason = "a bench prints its result")]
pub(crate) fn print_ratios<T>(url: &str, call: impl Fn() -> T) -> Result<(), Box<dyn Error>> {
    for (name, sdk) in [("Python", Sdk::python()), ("Node.js", Sdk::node())] {
        let Some(sdk) = sdk else { continue };
        let theirs = cost(&sdk, url)?;
        let ours = usage::of(CALLS, &call).cpu_us;
        let ours = ours.ok_or("this system does not report processor time")?;
        let ratio = theirs / ours;
        println!(
            "official SDK for {name}, CPU: {theirs:.0} µs, typed call {ours:.0} µs, ratio {ratio:.1}"
        );
    }
    Ok(())
}

fn cost(sdk: &Sdk, url: &str) -> Result<f64, Box<dyn Error>> {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let caller = Caller {
        address,
        secret_id: SECRET_ID,
        secret_key: SECRET_KEY,
    };
    let request = Path::new(env!("CARGO_MANIFEST_DIR")).join(REQUEST);
    let request = request.to_str().ok_or("the path is not text")?;
    let seen = sdk.run(caller, "cost", request)?;
    let cost = seen.get("cpu_us").and_then(serde_json::Value::as_f64);
    cost.ok_or_else(|| format!("the SDK was refused: {seen}").into())
}
