//! Checks of reference images, videos and audio, and of subjects.

use super::{
    CapabilityQuery, Subject,
    row_fact::{Fact, listed},
};
use crate::{
    capabilities::{Column, Row},
    preflight::{
        Finding, Path,
        check::{shown, with_text},
        rules,
    },
};

pub(super) fn images(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    let found = query.images.count();
    if found == 0 {
        return None;
    }
    let at = at.member("ImageInfos");
    let fact = Fact::new(row, Column::ReferenceImages, rules::REFERENCE_IMAGES);
    let Some(alone) = row.reference_images() else {
        let message = format!("no document says whether {row} takes reference images");
        return Some(fact.doubtful(&at, message));
    };
    let with_video = row
        .reference_images_with_video()
        .filter(|_| query.videos > 0);
    let allowed = with_video.unwrap_or(alone);
    let beside = with_video.map_or("", |_| " beside a reference video");
    let (message, hint, bound) = if allowed.max == 0 {
        let message = format!("{row} takes no reference images{beside}");
        (message, "leave them out".to_owned(), allowed.max)
    } else if found > allowed.max {
        let most = allowed.max;
        let message = format!("{found} reference images, {row} takes at most {most}{beside}");
        (message, format!("leave out {}", found - most), most)
    } else if found < allowed.min {
        let least = allowed.min;
        let message = format!("{found} reference images, {row} takes at least {least}{beside}");
        (message, format!("add {}", least - found), least)
    } else {
        return None;
    };
    Some(
        fact.broken(&at, message)
            .hint(hint)
            .value(found)
            .bound(bound),
    )
}

pub(super) fn images_or_frames(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let column = Column::ReferenceImagesExcludeFrames;
    let frame = match (query.first_frame, query.last_frame) {
        (Some(_), None) => "ImageUrl",
        (None, Some(_)) => "LastImageUrl",
        (Some(_), Some(_)) => "ImageUrl and LastImageUrl",
        (None, None) => return None,
    };
    let both = query.images.count() > 0 && row.reference_images_exclude_frames()?;
    let fact = Fact::new(row, column, rules::REFERENCE_IMAGES_EXCLUDE_FRAMES);
    both.then(|| {
        let message = format!("{row} takes reference images or frames, not both");
        let hint = format!("leave these out, or {frame}");
        fact.broken(&at.member("ImageInfos"), message).hint(hint)
    })
}

/// Checks the types of reference images and reports the first unknown one.
pub(super) fn image_type(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let known = row.reference_types()?;
    let list = at.member("ImageInfos");
    let all = (0..query.images.count()).filter_map(|at| Some((at, query.images.kind(at)?)));
    let mut unknown = all.filter(|(_, kind)| !known.contains(kind));
    let (index, kind) = unknown.next()?;
    let item = list.index(index);
    let at = item.member("ReferenceType");
    let fact = Fact::new(row, Column::ReferenceTypes, rules::REFERENCE_TYPE);
    let message = format!(
        "{} is no type of reference image that {row} knows",
        shown(&at, kind)
    );
    let finding = fact
        .broken(&at, message)
        .hint(format!("use {}", listed(known)));
    Some(with_text(finding, &at, kind).bound(known))
}

/// Checks that each reference image has a name where the model needs one, and reports the first
/// without.
pub(super) fn image_name(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    row.reference_names().filter(|needed| *needed)?;
    let index = (0..query.images.count()).find(|index| !query.images.is_named(*index))?;
    let list = at.member("ImageInfos");
    let item = list.index(index);
    let fact = Fact::new(row, Column::ReferenceNames, rules::REFERENCE_NAME);
    let message = format!("{row} wants a name for each reference image");
    let finding = fact.broken(&item.member("Text"), message);
    Some(finding.hint("give the name by which the prompt refers to the image"))
}

pub(super) fn video(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    let fact = Fact::new(row, Column::ReferenceVideo, rules::REFERENCE_VIDEO);
    let support = || {
        fact.support(
            &at.member("VideoInfos"),
            "reference video",
            Row::reference_video,
        )
    };
    (query.videos > 0).then(support)?
}

pub(super) fn audio(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    let fact = Fact::new(row, Column::ReferenceAudio, rules::REFERENCE_AUDIO);
    let support = || {
        fact.support(
            &at.member("AudioInfos"),
            "reference sound",
            Row::reference_audio,
        )
    };
    (query.sounds > 0).then(support)?
}

pub(super) fn subjects(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let fact = Fact::new(row, Column::Subjects, rules::SUBJECTS);
    let support = || fact.support(&at.member("SubjectInfos"), "subjects", Row::subjects);
    (query.subjects > 0).then(support)?
}
