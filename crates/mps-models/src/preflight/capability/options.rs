//! Checks of scenes, prompts, sound tracks, watermarks and off-peak hours.

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

pub(super) fn scene(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    let asked = query.scene?;
    let at = at.member("SceneType");
    let fact = Fact::new(row, Column::Scenes, rules::SCENE);
    let finding = match row.scenes() {
        Some(known) if known.contains(&asked) => return None,
        Some([]) => {
            let message = format!("{row} has no special scenes");
            fact.broken(&at, message).hint("leave it out")
        }
        Some(known) => {
            let message = format!("{} is no scene of {row}", shown(&at, asked));
            let hint = format!("use {}", listed(known));
            fact.broken(&at, message).hint(hint).bound(known)
        }
        None => {
            let message = format!("no document says which scenes {row} has");
            fact.doubtful(&at, message)
        }
    };
    Some(with_text(finding, &at, asked))
}

pub(super) fn prompt_length(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let most = usize::try_from(row.prompt_chars()?).ok()?;
    let found = query
        .prompt
        .filter(|text| text.len() > most)?
        .chars()
        .count();
    let fact = Fact::new(row, Column::PromptChars, rules::PROMPT_LENGTH);
    (found > most).then(|| {
        let message = format!("{found} characters, {row} takes at most {most}");
        let finding = fact.broken(&at.sensitive("Prompt"), message);
        let hint = format!("shorten it by {}", found - most);
        finding.hint(hint).value(found).bound(most)
    })
}

pub(super) fn audio(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    let fact = Fact::new(row, Column::Audio, rules::AUDIO);
    let wanted = query.audio == Some(true);
    wanted.then(|| extra(fact, at, "EnableAudio", "sound track", Row::audio))?
}

pub(super) fn watermark(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let fact = Fact::new(row, Column::Watermark, rules::WATERMARK);
    let wanted = query.watermark == Some(1);
    wanted.then(|| extra(fact, at, "LogoAdd", "watermark", Row::watermark))?
}

pub(super) fn off_peak(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let fact = Fact::new(row, Column::OffPeak, rules::OFF_PEAK);
    let wanted = query.off_peak == Some(true);
    wanted.then(|| extra(fact, at, "OffPeak", "off-peak task", Row::off_peak))?
}

fn extra(
    fact: Fact,
    at: &Path<'_>,
    member: &'static str,
    what: &str,
    supports: fn(&Row) -> Option<bool>,
) -> Option<Finding> {
    let at = at.member("ExtraParameters");
    fact.support(&at.member(member), what, supports)
}
