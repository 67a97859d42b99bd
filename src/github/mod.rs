//! GitHub: service repositories are read, and the platform repository receives pull requests.
