//! The JSON Schemas of all objects that this command prints, by their names.
//!
//! They are written by hand, since they are the contract: members are added, never renamed or removed.
//! Every object that the tests print is compared with its schema.

/// The name of each object, and its JSON Schema.
pub(crate) static SCHEMAS: &[(&str, &str)] = &[
    ("mps.video/1", include_str!("schemas/video.json")),
    ("mps.image/1", include_str!("schemas/image.json")),
    ("mps.audio/1", include_str!("schemas/audio.json")),
    ("mps.scenario/1", include_str!("schemas/scenario.json")),
    ("mps.event/1", include_str!("schemas/event.json")),
    ("mps.error/1", include_str!("schemas/error.json")),
    ("mps.task/1", include_str!("schemas/task.json")),
    ("mps.forgotten/1", include_str!("schemas/forgotten.json")),
    ("mps.call/1", include_str!("schemas/call.json")),
    ("mps.check/1", include_str!("schemas/check.json")),
    ("mps.dry-run/1", include_str!("schemas/dry-run.json")),
    ("mps.sign/1", include_str!("schemas/sign.json")),
    ("mps.models/1", include_str!("schemas/models.json")),
    ("mps.plan/1", include_str!("schemas/plan.json")),
    ("mps.batch/1", include_str!("schemas/batch.json")),
    ("mps.chaos/1", include_str!("schemas/chaos.json")),
    ("mps.gallery/1", include_str!("schemas/gallery.json")),
    ("mps.retried/1", include_str!("schemas/retried.json")),
    ("mps.row/1", include_str!("schemas/row.json")),
    ("mps.log/1", include_str!("schemas/log.json")),
    ("mps.config/1", include_str!("schemas/config.json")),
    ("mps.doctor/1", include_str!("schemas/doctor.json")),
    ("mps.completion/1", include_str!("schemas/completion.json")),
    ("mps.man/1", include_str!("schemas/man.json")),
    ("mps.schema/1", include_str!("schemas/schema.json")),
    ("mps.version/1", include_str!("schemas/version.json")),
];
