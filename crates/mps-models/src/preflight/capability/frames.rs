//! Checks of first and last frames.

use super::{CapabilityQuery, Subject, row_fact::Fact};
use crate::{
    capabilities::{Column, Row},
    preflight::{Finding, Path, Report, Severity, rules},
};

/// Checks for a first frame. A row that does not mention it has no objection: the action is made
/// for it.
pub(super) fn first(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    query.first_frame?;
    row.first_frame()?;
    let fact = Fact::new(row, Column::FirstFrame, rules::FIRST_FRAME);
    fact.support(&at.member("ImageUrl"), "first frame", Row::first_frame)
}

pub(super) fn last(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    query.last_frame?;
    let fact = Fact::new(row, Column::LastFrame, rules::LAST_FRAME);
    fact.support(&at.member("LastImageUrl"), "last frame", Row::last_frame)
}

pub(super) fn last_needs_resolution(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    query.last_frame?;
    let needed = row.last_frame_resolution()?;
    if query
        .resolution
        .is_some_and(|asked| asked.eq_ignore_ascii_case(needed))
    {
        return None;
    }
    let fact = Fact::new(
        row,
        Column::LastFrameResolution,
        rules::LAST_FRAME_RESOLUTION,
    );
    let message = format!("{row} takes a last frame at {needed} only");
    let finding = fact.broken(&at.member("LastImageUrl"), message);
    let hint = format!("set ExtraParameters.Resolution to {needed}");
    Some(finding.hint(hint).bound(needed))
}

pub(super) fn last_needs_first(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    query.last_frame?;
    let alone = query.first_frame.is_none() && row.last_frame_needs_first()?;
    let fact = Fact::new(
        row,
        Column::LastFrameNeedsFirst,
        rules::LAST_FRAME_NEEDS_FIRST_FRAME,
    );
    alone.then(|| {
        let message = format!("{row} takes a last frame only together with a first one");
        fact.broken(&at.member("LastImageUrl"), message)
            .hint("set ImageUrl as well")
    })
}

/// Checks that a video to edit has no frames beside it: true for every model, and without one.
pub(super) fn beside_base_video(query: &CapabilityQuery<'_>, at: &Path<'_>, report: &mut Report) {
    let Some(index) = query
        .edited
        .filter(|_| query.family.base_video_excludes_frames)
    else {
        return;
    };
    for (member, frame) in [
        ("ImageUrl", query.first_frame),
        ("LastImageUrl", query.last_frame),
    ] {
        if frame.is_some() {
            let rule = rules::BASE_VIDEO_EXCLUDES_FRAMES;
            let message = format!("not allowed beside VideoInfos[{index}], which is to be edited");
            let hint = format!("leave it out, or set VideoInfos[{index}].ReferType to `feature`");
            let finding = Finding::new(&at.member(member), rule, Severity::Error, message);
            report.add(finding.hint(hint).source(query.family.source));
        }
    }
}
