//! Kong Konnect: the HTTP client and one file a resource type.
