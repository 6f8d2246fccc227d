//! The tool `list`: the tasks that agents of this account have created, and the rest of the cap.

use mps_jobs::{Job, Utc, ledger::Filter};
use serde_json::json;

use super::{
    answer::{Answer, Answered},
    arguments,
    session::Session,
};
use crate::{commands::tasks::TaskLine, foreign_text, live::units::counted};

/// Lists tasks, oldest first.
pub(super) async fn run(session: &Session, arguments: &arguments::List) -> Answered {
    let after = if let Some(key) = &arguments.after {
        let item = session.item(key).await?;
        Some((item.added, item.row))
    } else {
        session.ledger.reap().await?;
        None
    };
    let limit = arguments.limit();
    let filter = Filter {
        batch: Some(session.batch()),
        states: arguments.states.clone(),
        after,
        limit: limit + 1,
        ..Filter::default()
    };
    let mut items = session.ledger.list(&filter).await?;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let (mut tasks, mut lines) = (Vec::new(), Vec::new());
    for item in items {
        let (key, state) = (
            foreign_text::name(item.key.as_str()).into_owned(),
            item.state,
        );
        lines.push(format!("\n{key}: {}", state.words()));
        tasks.push(TaskLine::of(&Job::of(&session.ledger, item).await?));
    }
    let used = session.ledger.daily_use(&session.batch()).await?;
    // Rounded up: a fraction that is used cannot be used again.
    let used_seconds = u64::try_from(used.ms).unwrap_or_default().div_ceil(1_000);
    let left = session.max_seconds.saturating_sub(used_seconds);
    let text = format!(
        "{}{}; {used_seconds} of {} s are used today, {left} s are left until {}{}",
        counted(tasks.len(), "task"),
        if has_more { ", and there are more" } else { "" },
        session.max_seconds,
        Utc(used.resets),
        lines.concat(),
    );
    let content = json!({
        "tasks": tasks,
        "more": has_more,
        "cap": {
            "max_seconds": session.max_seconds,
            "used_seconds": used_seconds,
            "left_seconds": left,
            "resets_at": Utc(used.resets),
        },
    });
    Answer::new(text, &content)
}
