//! The files of a portal that are one value each: its style sheet, its logo and its favicon.

use std::fs;
use std::path::Path;

use super::walk::Walk;
use crate::manifest::diagnostic::{Diagnostic, Source, Span};
use crate::manifest::image;
use crate::manifest::locations::Locations;
use crate::manifest::model::EnvironmentPortal;
use crate::manifest::path::KeyPath;

/// The code of the error about content that is there twice.
pub(super) const DUPLICATE: &str = "koctl::manifest::duplicate_content";

/// The file with the style sheet.
const STYLE_SHEET: &str = "custom.css";

/// The folder of a portal.
pub(super) struct PortalFolder<'a> {
    /// The folder that no symbolic link may leave, without symbolic links itself.
    pub(super) root: &'a Path,
    /// The path of the folder below that.
    pub(super) path: &'a str,
    /// The name of the folder in messages.
    pub(super) name: &'a str,
    /// The path of the portal in the manifest.
    pub(super) key: &'a KeyPath,
}

impl PortalFolder<'_> {
    /// Adds the values in these files to the portal, with their locations. Returns the errors.
    pub(super) fn add(&self, portal: &mut EnvironmentPortal, locations: &mut Locations) -> Vec<Diagnostic> {
        let mut errors = Vec::new();
        if let Some((name, css)) = self.style_sheet(&mut errors) {
            let key = self.key.key("customization").key("css");
            self.set(&mut portal.customization.css, css, key, &name, locations, &mut errors);
        }
        for (key, value) in [("logo", &mut portal.logo), ("favicon", &mut portal.favicon)] {
            if let Some((name, image)) = self.image(key, &mut errors) {
                self.set(value, image, self.key.key(key), &name, locations, &mut errors);
            }
        }
        errors
    }

    /// Sets a value that the configuration must not have too.
    fn set(
        &self,
        value: &mut Option<String>,
        read: String,
        key: KeyPath,
        name: &str,
        locations: &mut Locations,
        errors: &mut Vec<Diagnostic>,
    ) {
        if value.is_some() {
            let message = format!("`{}` is here and in the file {name}", key.last().unwrap_or_default());
            errors.push(locations.diagnostic(&key, DUPLICATE, message).with_help("remove one of them"));
            return;
        }
        locations.insert(key, &Source::new(name, String::new()), Span { start: 0, end: 0 });
        *value = Some(read);
    }

    /// The style sheet, with the name of its file.
    fn style_sheet(&self, errors: &mut Vec<Diagnostic>) -> Option<(String, String)> {
        let (name, bytes) = self.read(STYLE_SHEET, errors)?;
        match String::from_utf8(bytes) {
            Ok(text) => Some((name, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))),
            Err(_) => {
                errors.push(Walk::refusal(&name, "it is not valid UTF-8", "save the file as UTF-8"));
                None
            }
        }
    }

    /// The image in the file of this name with one of the known endings, as a data URL, with the name of its file.
    fn image(&self, stem: &str, errors: &mut Vec<Diagnostic>) -> Option<(String, String)> {
        let mut found = None;
        for file in self.files().into_iter().filter(|file| file.rsplit_once('.').is_some_and(|(name, _)| name == stem))
        {
            let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
            let Some(media_type) = image::media_type(ending) else {
                let name = format!("{}/{file}", self.name);
                let help =
                    format!("save it as `{stem}.png`, `.jpg`, `.gif`, `.ico` or `.svg`, or give it another name");
                errors.push(Walk::refusal(&name, "Konnect takes no image of this kind", &help));
                continue;
            };
            let Some((name, bytes)) = self.read(&file, errors) else { continue };
            if let Some((first, _)) = &found {
                let message = format!("the files {first} and {name} are both the {stem}");
                errors.push(Diagnostic::new(DUPLICATE, message).with_help("remove one of them"));
                continue;
            }
            found = Some((name, image::data_url(media_type, &bytes)));
        }
        found
    }

    /// The names of the entries of the folder, in order. Empty if there is no such folder.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(self.path)).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The bytes of a file, which need not exist, with its name in messages.
    fn read(&self, file: &str, errors: &mut Vec<Diagnostic>) -> Option<(String, Vec<u8>)> {
        let name = format!("{}/{file}", self.name);
        match Walk::one(self.root, &self.root.join(self.path).join(file), &name) {
            Ok(bytes) => bytes.map(|bytes| (name, bytes)),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }
}
