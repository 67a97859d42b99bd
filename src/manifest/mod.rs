//! What the user writes: the YAML model, its loading with places, its validation, its secrets.
