//! Paths in the manifest, such as `teams.flight-data.services.KongAirlines/flights`.

use std::fmt;

/// The keys from the top of the manifest to a value. An element of a list is a segment of its own, written `[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// The path of a key in this value.
    pub fn key(&self, key: impl Into<String>) -> Self {
        let mut segments = self.0.clone();
        segments.push(key.into());
        Self(segments)
    }

    /// The path of an element of this list, counted from zero.
    pub fn index(&self, index: usize) -> Self {
        self.key(format!("[{index}]"))
    }

    /// The path of the value that contains this one. `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    /// This path, its parent, and so on to the top.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The last key of this path. `None` at the top.
    pub fn last(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for KeyPath {
    fn from(segments: [S; N]) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }
}

impl From<&KeyPath> for KeyPath {
    fn from(path: &KeyPath) -> Self {
        path.clone()
    }
}

/// The keys, joined by dots. A key that contains a dot or a space is quoted, and the top is `the manifest`.
impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the manifest");
        }
        for (position, segment) in self.0.iter().enumerate() {
            if position > 0 && !segment.starts_with('[') {
                f.write_str(".")?;
            }
            if segment.is_empty() || segment.contains(['.', ' ', '"']) {
                write!(f, "{segment:?}")?;
            } else {
                f.write_str(segment)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_keys_that_lead_there() {
        let service = KeyPath::from(["teams", "flight-data", "services", "air/flights"]);
        assert_eq!(service.to_string(), "teams.flight-data.services.air/flights");
        assert_eq!(service.parent().map(|p| p.to_string()).as_deref(), Some("teams.flight-data.services"));
        let user = KeyPath::from(["teams", "v1.2", "users"]).index(3);
        assert_eq!(user.to_string(), "teams.\"v1.2\".users[3]");
        assert_eq!(KeyPath::default().to_string(), "the manifest");
        assert_eq!(KeyPath::default().parent(), None);
    }
}
