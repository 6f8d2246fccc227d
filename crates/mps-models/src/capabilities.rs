//! Capability tables: the durations, resolutions, frames and references that each model supports,
//! and the days of its release.
//!
//! ```
//! use mps_models::capabilities;
//!
//! # fn kling() -> Option<()> {
//! let omni = capabilities::video().model("Kling")?.version("3.0-Omni")?;
//! assert!(omni.durations()?.contains(15));
//! assert_eq!(omni.durations_with_video()?.to_string(), "3 to 10");
//! assert_eq!(omni.reference_images()?.max, 7);
//! # Some(())
//! # }
//! # kling().unwrap();
//! ```
//!
//! A fact is `None` if no document states it; an empty list, `false` or a count of zero means that
//! a document denies it. The tables are static, so a lookup allocates and parses nothing. They are
//! generated from the files under `spec/capabilities/`, which name their sources.

mod row;
mod values;

pub(crate) use self::values::by_site;
pub use self::{
    row::UnknownColumn,
    values::{Count, Day, Durations, Mode, Size, Storyboard},
};
pub use crate::generated::{
    capabilities::*,
    columns::{Column, Row},
};
use crate::{
    preflight::{closest, nearest},
    service::Site,
};

/// Returns the family with this name, such as `video`, or `None` if there is none.
#[must_use]
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name).copied()
}

/// The models of one family, such as video.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Family {
    /// `video`, `image` or `audio`.
    pub name: &'static str,
    /// Source of the facts that are true for every model.
    pub source: &'static str,
    /// True if a reference video to edit excludes a first and a last frame for every model.
    pub base_video_excludes_frames: bool,
    /// Sites whose description lists the models of the family: a model of another site is refused
    /// there. Elsewhere it gets a warning.
    pub listed_on: &'static [Site],
    /// Models in the order of the documentation; withdrawn models are last.
    pub models: &'static [Model],
}

impl Family {
    /// Returns the model with exactly this name, or `None` if there is none.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&'static Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// Returns the model that a misspelled name probably means, or `None` if none is close.
    ///
    /// Letter case is irregular in these names: for example, `kling` means `Kling`.
    #[must_use]
    pub fn closest(&self, name: &str) -> Option<&'static str> {
        closest(name, self.models.iter().map(|model| model.name))
    }

    /// Returns at most `most` names of current models, the nearest to a misspelled one first.
    ///
    /// Unlike [`closest`](Self::closest), it also returns names that are far from it, to list them
    /// in a message. Withdrawn models are left out.
    ///
    /// # Examples
    /// ```
    /// use mps_models::capabilities;
    ///
    /// let names = capabilities::video().closest_models("klng", 3);
    /// assert_eq!(names.first(), Some(&"Kling"));
    /// assert_eq!(names.len(), 3);
    /// ```
    #[must_use]
    pub fn closest_models(&self, name: &str, most: usize) -> Vec<&'static str> {
        let current = self.models.iter().filter(|model| !model.is_withdrawn());
        nearest(name, current.map(|model| model.name), most)
    }

    /// Returns at most `most` names of models that a site offers, the nearest to a misspelled one
    /// first.
    ///
    /// # Examples
    /// ```
    /// use mps_models::{capabilities, service::Site};
    ///
    /// let nearest = |site| capabilities::video().closest_models_on(site, "wand", 1);
    /// assert_eq!(nearest(Site::Cn), ["wand-vega-video"]);
    /// assert_ne!(nearest(Site::Intl), ["wand-vega-video"]);
    /// ```
    #[must_use]
    pub fn closest_models_on(&self, site: Site, name: &str, most: usize) -> Vec<&'static str> {
        nearest(name, self.models_on(site).map(|model| model.name), most)
    }

    /// Returns an iterator over the models that a site offers today.
    pub fn models_on(&self, site: Site) -> impl Iterator<Item = &'static Model> {
        let models = self.models.iter();
        models.filter(move |model| model.is_offered_on(site))
    }

    /// Returns an iterator over the rows of the models that a site offers or offered, each with the
    /// facts of that site.
    pub fn rows_on(&self, site: Site) -> impl Iterator<Item = &'static Row> {
        let rows = self.rows().filter(move |row| row.is_released_on(site));
        rows.map(move |row| row.on(site))
    }

    /// Returns an iterator over every row of every model.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.models.iter().flat_map(|model| model.rows)
    }
}

/// A model and its versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Model {
    /// Name on the wire.
    pub name: &'static str,
    /// Versions in the order of the documentation; a single row without a version if no document
    /// names one.
    pub rows: &'static [Row],
}

impl Model {
    /// Returns the version with exactly this name, or `None` if there is none.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.version == Some(name))
    }

    /// Returns the version that a misspelled name probably means, or `None` if none is close.
    #[must_use]
    pub fn closest(&self, name: &str) -> Option<&'static str> {
        closest(name, self.rows.iter().filter_map(|row| row.version))
    }

    /// Returns at most `most` names of current versions, the nearest to a misspelled one first.
    ///
    /// Returns an empty list if no document names a version of the model.
    #[must_use]
    pub fn closest_versions(&self, name: &str, most: usize) -> Vec<&'static str> {
        let current = self.rows.iter().filter(|row| !row.is_withdrawn());
        nearest(name, current.filter_map(|row| row.version), most)
    }

    /// Returns whether a site offers any version of the model today.
    #[must_use]
    pub fn is_offered_on(&self, site: Site) -> bool {
        self.rows.iter().any(|row| row.is_offered_on(site))
    }

    /// Returns whether every version is withdrawn from at least one site.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.rows.iter().all(Row::is_withdrawn)
    }
}
