//! The opinions of the Reference Platform: from a manifest to desired resources and their references.
