//! Checks of duration, resolution and aspect ratio.

use super::{
    CapabilityQuery, Subject,
    row_fact::{Fact, listed},
};
use crate::{
    capabilities::{Column, Mode},
    preflight::{
        Finding, Path,
        check::{shown, with_text},
        extra::did_you_mean,
        rules,
    },
};

pub(super) fn duration(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let asked = query.duration?;
    let alone = row.durations()?;
    let with_video = row.durations_with_video().filter(|_| query.videos > 0);
    let allowed = with_video.unwrap_or(alone);
    if allowed.contains(asked) {
        return None;
    }
    let at = at.member("Duration");
    let fact = Fact::new(row, Column::Durations, rules::DURATION);
    let finding = if row
        .doubtful_durations()
        .is_some_and(|known| known.contains(&asked))
    {
        let message = format!("{asked} seconds are for a mode of {row} that no document explains");
        fact.doubtful(&at, message)
    } else {
        let beside = with_video.map_or("", |_| " beside a reference video");
        fact.broken(
            &at,
            format!("{asked} seconds, {row} takes {allowed}{beside}"),
        )
    };
    Some(
        finding
            .hint(format!("use {allowed}"))
            .value(asked)
            .bound(allowed),
    )
}

pub(super) fn resolution(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let asked = query.resolution?;
    let known = row.resolutions()?;
    if known.contains(&asked) {
        return None;
    }
    let at = at.member("ExtraParameters");
    let at = at.member("Resolution");
    let fact = Fact::new(row, Column::Resolutions, rules::RESOLUTION);
    let doubtful = row.doubtful_resolutions().unwrap_or_default();
    let same = known
        .iter()
        .chain(doubtful)
        .find(|known| known.eq_ignore_ascii_case(asked));
    let finding = if doubtful.contains(&asked) {
        let message = format!("documents disagree on whether {row} has {asked}");
        fact.doubtful(&at, message)
            .hint(format!("{} is safe", listed(known)))
    } else if let Some(same) = same {
        let message = "resolutions are written in upper case".to_owned();
        fact.doubtful(&at, message).hint(did_you_mean(same))
    } else {
        let message = format!("{} is no resolution of {row}", shown(&at, asked));
        fact.broken(&at, message)
            .hint(format!("use {}", listed(known)))
    };
    Some(with_text(finding, &at, asked).bound(known))
}

pub(super) fn aspect_ratio(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let asked = query.aspect_ratio?;
    let known = row.aspect_ratios()?;
    if known.contains(&asked) {
        return None;
    }
    let at = at.member("ExtraParameters");
    let at = at.member("AspectRatio");
    let fact = Fact::new(row, Column::AspectRatios, rules::ASPECT_RATIO);
    let doubtful = row.doubtful_aspect_ratios().unwrap_or_default();
    let finding = if known.is_empty() {
        let message = format!("{row} takes no aspect ratio");
        fact.broken(&at, message).hint("leave it out")
    } else if doubtful.contains(&asked) {
        let message = format!("documents leave open whether {row} has {asked}");
        fact.doubtful(&at, message)
            .hint(format!("{} is safe", listed(known)))
    } else {
        let message = format!("{} is no aspect ratio of {row}", shown(&at, asked));
        fact.broken(&at, message)
            .hint(format!("use {}", listed(known)))
    };
    Some(with_text(finding, &at, asked).bound(known))
}

/// Checks the input that an aspect ratio needs: a warning at most, since no document says whether
/// the service refuses it.
pub(super) fn aspect_ratio_mode(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    query.aspect_ratio?;
    let modes = row.aspect_ratio_modes()?;
    if query.mode().is_some_and(|mode| modes.contains(&mode)) {
        return None;
    }
    let at = at.member("ExtraParameters");
    let at = at.member("AspectRatio");
    let fact = Fact::new(row, Column::AspectRatioModes, rules::ASPECT_RATIO_MODE);
    let from: Vec<&str> = modes.iter().map(|mode| source(*mode)).collect();
    let message = format!(
        "{row} takes an aspect ratio only for a video from {}",
        listed(&from)
    );
    Some(fact.doubtful(&at, message).hint("leave it out"))
}

const fn source(mode: Mode) -> &'static str {
    match mode {
        Mode::Text => "text alone",
        Mode::ReferenceImages => "reference images",
    }
}
