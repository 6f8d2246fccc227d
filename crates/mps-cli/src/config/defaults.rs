//! Defaults of commands that the config file sets.

use std::path::{Path, PathBuf, is_separator};

use mps_aigc::TaskFamily;

use crate::media::Bucket;

/// The defaults of commands. Flags override all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Defaults {
    /// The models of creates that name none, by family.
    pub(super) models: Vec<(TaskFamily, String)>,
    /// The place for results that are downloaded without `--out`.
    pub(super) out: Option<PathBuf>,
    /// The names of results in a folder.
    pub(super) name_template: Option<String>,
    /// The price table.
    pub(super) prices: Option<PathBuf>,
    /// The bucket for local files.
    pub(super) media_bucket: Option<Bucket>,
}

impl Defaults {
    /// Returns the model of a create of this family that names none.
    pub(crate) fn model(&self, family: TaskFamily) -> Option<&str> {
        let mut models = self.models.iter();
        let found = models.find(|(of, _)| *of == family);
        found.map(|(_, model)| model.as_str())
    }

    /// Returns the folder for results.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.out.as_deref()
    }

    /// Returns the names of results in a folder.
    pub(crate) fn name_template(&self) -> Option<&str> {
        self.name_template.as_deref()
    }

    /// Returns the price table, for estimates of the cost of a request.
    pub(crate) fn prices(&self) -> Option<&Path> {
        self.prices.as_deref()
    }

    /// Returns the bucket that local files are uploaded to.
    pub(crate) fn media_bucket(&self) -> Option<&Bucket> {
        self.media_bucket.as_ref()
    }

    /// Returns the place for results: that of `--out`, else the default one. A folder is completed by
    /// the template of names; `-` is stdout.
    pub(crate) fn out(&self, named: Option<&Path>) -> Option<PathBuf> {
        let out = named.or(self.out.as_deref())?;
        if out == Path::new("-") {
            return Some(out.to_owned());
        }
        // A folder of the config file need not exist yet.
        let is_folder = named.is_none() || is_folder(out);
        Some(match &self.name_template {
            Some(template) if is_folder => out.join(template),
            None if named.is_none() => out.join(""),
            _ => out.to_owned(),
        })
    }
}

fn is_folder(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(is_separator) || path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_that_of_the_command_line_and_a_folder_has_the_template() {
        let defaults = Defaults {
            out: Some("/clips".into()),
            name_template: Some("{task_id}.{ext}".to_owned()),
            ..Defaults::default()
        };
        let out = |named: &str| defaults.out(Some(Path::new(named))).unwrap();
        assert_eq!(out("-"), Path::new("-"));
        assert_eq!(out("cat.mp4"), Path::new("cat.mp4"));
        assert_eq!(out("new/"), Path::new("new/{task_id}.{ext}"));
        let default = defaults.out(None).unwrap();
        assert_eq!(default, Path::new("/clips/{task_id}.{ext}"));
        assert_eq!(Defaults::default().out(None), None);
        assert_eq!(defaults.prices(), None);
    }
}
