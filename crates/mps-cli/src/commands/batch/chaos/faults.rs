//! The faults of the emulator: each kind of trouble that a network or a service has, at random.

use mps_emulator::Fault;

/// The action that the rows call.
pub(super) const CREATE: &str = "CreateAigcVideoTask";

/// The action that polls their tasks.
const POLL: &str = "DescribeAigcVideoTask";

/// Returns the rules. The first that applies to a request is used.
pub(super) fn all() -> Vec<Fault> {
    let of_creates = [
        // Executed, and the client cannot know it.
        (Fault::reply_lost(), 0.01),
        (Fault::truncate(), 0.005),
        // Not executed, and the client cannot know it.
        (Fault::reset_after_read(), 0.005),
        (Fault::http(502), 0.005),
        // Certainly not executed: sent again.
        (Fault::throttle(), 0.03),
    ];
    let of_polls = [
        (Fault::reset_before_read(), 0.01),
        (Fault::html(), 0.01),
        (Fault::reply_lost(), 0.01),
        (Fault::throttle(), 0.01),
    ];
    let of_downloads = [
        (Fault::truncate(), 0.03),
        (Fault::reset_after_read(), 0.02),
        (Fault::wrong_body(), 0.01),
    ];
    let creates = of_creates.map(|(fault, share)| (fault.action(CREATE), share));
    let polls = of_polls.map(|(fault, share)| (fault.action(POLL), share));
    let downloads = of_downloads.map(|(fault, share)| (fault.download(), share));
    let rules = creates.into_iter().chain(polls).chain(downloads);
    rules
        .map(|(fault, share)| fault.probability(share))
        .collect()
}
