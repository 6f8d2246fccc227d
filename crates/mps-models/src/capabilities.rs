//! What each model can do: durations, resolutions, frames, references, and since when.
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
//! A fact is `None` where no document states it; an empty set, `false` or a count of zero where
//! one says that there is none. The tables are static: asking allocates and parses nothing. They
//! are generated from the files under `spec/capabilities/`, which name their sources.

mod row;
mod values;

pub(crate) use self::values::by_site;
pub use self::{
    row::UnknownColumn,
    values::{Count, Day, Durations, Mode, Size, Storyboard},
};
pub use crate::generated::{
    capabilities::{AUDIO, FAMILIES, IMAGE, VIDEO},
    columns::{Column, Row},
};
use crate::preflight::{closest, nearest};

/// The models of `CreateAigcVideoTask`.
#[must_use]
pub fn video() -> &'static Family {
    &VIDEO
}

/// The models of `CreateAigcImageTask`.
#[must_use]
pub fn image() -> &'static Family {
    &IMAGE
}

/// The models of `CreateAigcAudioTask`.
#[must_use]
pub fn audio() -> &'static Family {
    &AUDIO
}

/// Returns the family with this name, such as `video`, or `None` if there is none.
#[must_use]
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name).copied()
}

/// The models of one kind of work.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// `video`, `image` or `audio`.
    pub name: &'static str,
    /// Where what holds for every model comes from.
    pub source: &'static str,
    /// Whether a video to edit takes neither a first nor a last frame, whatever the model.
    pub base_video_excludes_frames: bool,
    /// Its models, in the order of the documentation; those that were withdrawn come last.
    pub models: &'static [Model],
}

impl Family {
    /// The model of this name, in exactly this spelling.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&'static Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The name that a misspelt one was probably meant to be: letter case is irregular.
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

    /// Every row of every model.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.models.iter().flat_map(|model| model.rows)
    }
}

/// A model and its versions.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Model {
    /// Name on the wire.
    pub name: &'static str,
    /// Its versions, in the order of the documentation; a single row without a version where no
    /// document names one.
    pub rows: &'static [Row],
}

impl Model {
    /// The version of this name, in exactly this spelling.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.version == Some(name))
    }

    /// The name that a misspelt version was probably meant to be.
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

    /// Whether no version of it is listed any more.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.rows.iter().all(Row::is_withdrawn)
    }
}
