//! Manifests in a folder of their own.

use std::fs;

use mps_jobs::{
    Manifest, Plan,
    manifest::{ManifestRow, RowFinding},
    plan::{PlanOptions, plan},
};

/// A manifest in a temporary folder.
pub(crate) struct Written {
    _folder: tempfile::TempDir,
    pub(crate) manifest: Manifest,
}

pub(crate) fn write(name: &str, content: impl AsRef<[u8]>) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let manifest = Manifest::open(path).unwrap();
    Written {
        _folder: folder,
        manifest,
    }
}

/// Returns the rows, all of which must be sound.
pub(crate) fn rows(name: &str, content: impl AsRef<[u8]>) -> Vec<ManifestRow> {
    let written = write(name, content);
    let rows = written.manifest.rows().unwrap();
    rows.map(|row| row.unwrap()).collect()
}

pub(crate) fn planned(name: &str, content: impl AsRef<[u8]>) -> Plan {
    plan(&write(name, content).manifest, &PlanOptions::default()).unwrap()
}

/// Returns the findings, of which there must be one.
pub(crate) fn only_finding(name: &str, content: impl AsRef<[u8]>) -> RowFinding {
    let plan = planned(name, content);
    let kept = plan.findings.kept();
    assert_eq!(kept.len(), 1, "{kept:#?}");
    kept[0].clone()
}

/// Returns line and rule of each finding, in the order of the file.
pub(crate) fn rules(plan: &Plan) -> Vec<(u64, &'static str)> {
    let kept = plan.findings.kept();
    kept.iter().map(|it| (it.line, it.finding.rule)).collect()
}
