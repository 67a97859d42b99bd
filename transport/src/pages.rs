//! Lists in pages, which must come to an end.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// The largest number of pages of one list.
const MOST_PAGES: usize = 10_000;
/// The largest size of all pages of one list together, in bytes.
const LARGEST_LIST: usize = 256 * 1024 * 1024;

/// The pages of one list that were read. It ends a list that would go on for ever: a server may lie about the number of
/// its pages, and an intermediary may answer with the same page again and again.
#[derive(Debug, Default)]
pub struct Pages {
    seen: HashSet<u64>,
    count: usize,
    bytes: usize,
}

/// Why no further page of a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndlessList {
    /// Two pages have the same content.
    #[error("the server sent the same page twice")]
    SamePage,
    /// There are too many of them.
    #[error("it has more than {MOST_PAGES} pages, the limit for a list")]
    TooMany,
    /// They are too large.
    #[error("its pages have more than {} MiB, the limit for a list", LARGEST_LIST / (1024 * 1024))]
    TooLarge,
}

impl Pages {
    /// Counts the next page of the list, with its content. An empty page is never the same as another.
    ///
    /// # Errors
    /// If the list is not to be read any further.
    pub fn count(&mut self, content: &[u8]) -> Result<(), EndlessList> {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(content.len());
        if self.count > MOST_PAGES {
            return Err(EndlessList::TooMany);
        }
        if self.bytes > LARGEST_LIST {
            return Err(EndlessList::TooLarge);
        }
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        if content.is_empty() || self.seen.insert(hasher.finish()) { Ok(()) } else { Err(EndlessList::SamePage) }
    }

    /// Checks the number of pages that a server announces, before they are requested.
    ///
    /// # Errors
    /// If there are too many.
    pub fn announce(pages: usize) -> Result<(), EndlessList> {
        if pages > MOST_PAGES { Err(EndlessList::TooMany) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_pages_that_differ_are_read_and_the_same_page_is_not_read_twice() {
        let mut pages = Pages::default();
        for page in [b"1".as_slice(), b"2", b"", b""] {
            assert_eq!(pages.count(page), Ok(()));
        }
        assert_eq!(pages.count(b"1"), Err(EndlessList::SamePage));
    }

    #[test]
    fn r13_a_list_has_a_limit_of_pages_and_of_bytes() {
        let mut pages = Pages::default();
        for number in 0..MOST_PAGES {
            assert_eq!(pages.count(number.to_string().as_bytes()), Ok(()));
        }
        assert_eq!(pages.count(b"more"), Err(EndlessList::TooMany));
        assert_eq!((Pages::announce(MOST_PAGES), Pages::announce(usize::MAX)), (Ok(()), Err(EndlessList::TooMany)));

        let mut pages = Pages { bytes: LARGEST_LIST - 1, ..Pages::default() };
        assert_eq!(pages.count(b"1"), Ok(()));
        assert_eq!(pages.count(b"2"), Err(EndlessList::TooLarge));
    }
}
