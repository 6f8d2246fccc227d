//! Hand-written methods of the generated `Site`.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{SITES, Site, SiteInfo};

impl Site {
    /// Returns the facts about the site: its hosts and domains.
    ///
    /// # Examples
    /// ```
    /// use mps_models::service::Site;
    ///
    /// assert_eq!(Site::Cn.info().host, "mps.tencentcloudapi.com");
    /// ```
    #[must_use]
    pub fn info(self) -> &'static SiteInfo {
        let mut sites = SITES.iter();
        let found = sites.find(|site| site.name == self.as_str());
        found.unwrap_or_else(|| unreachable!("both lists are generated from the same one"))
    }
}

/// Formats the name of the site, such as `intl`.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Error of reading a [`Site`]: the text is the name of no site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSite(String);

impl fmt::Display for UnknownSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown site {:?}; known are ", self.0)?;
        for (nth, site) in Site::ALL.iter().enumerate() {
            write!(f, "{}{site}", if nth > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownSite {}

impl FromStr for Site {
    type Err = UnknownSite;

    fn from_str(name: &str) -> Result<Self, UnknownSite> {
        let mut sites = Self::ALL.iter().copied();
        let found = sites.find(|site| site.as_str() == name);
        found.ok_or_else(|| UnknownSite(name.to_owned()))
    }
}

/// Serializes the name of the site.
impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Site {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_one_name_in_text_json_and_facts() {
        for site in Site::ALL {
            assert_eq!(site.as_str().parse(), Ok(*site));
            assert_eq!(site.info().name, site.as_str());
            let json = serde_json::to_string(site).unwrap();
            assert_eq!(serde_json::from_str::<Site>(&json).unwrap(), *site);
        }
        assert_eq!(Site::default(), Site::Intl);
        let error = "eu".parse::<Site>().unwrap_err();
        assert_eq!(error.to_string(), "unknown site \"eu\"; known are intl, cn");
    }
}
