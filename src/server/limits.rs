//! Limits on requests: so many from one address in a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::clock::now;

/// The seconds of a window.
const WINDOW: i64 = 60;
/// The addresses that are remembered. Beyond it, all are forgotten: a limit that is too kind for a moment.
const MOST_ADDRESSES: usize = 50_000;

/// The number of requests of each address in the present window.
#[derive(Debug)]
pub(super) struct Limiter {
    most: u32,
    counts: Mutex<(i64, HashMap<IpAddr, u32>)>,
}

impl Limiter {
    /// At most `most` requests a minute from one address.
    pub(super) fn new(most: u32) -> Self {
        Self { most, counts: Mutex::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The seconds to wait, if there are too many.
    pub(super) fn admit(&self, address: IpAddr) -> Result<(), i64> {
        self.admit_at(address, now())
    }

    fn admit_at(&self, address: IpAddr, now: i64) -> Result<(), i64> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (window, addresses) = &mut *counts;
        if *window != now / WINDOW || addresses.len() >= MOST_ADDRESSES {
            *window = now / WINDOW;
            addresses.clear();
        }
        let count = addresses.entry(address).or_default();
        *count = count.saturating_add(1);
        if *count > self.most { Err(WINDOW - now % WINDOW) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn an_address_waits_for_the_next_minute_and_others_do_not() {
        let limiter = Limiter::new(2);
        let (one, other) = (IpAddr::from(Ipv4Addr::new(10, 0, 0, 1)), IpAddr::from(Ipv4Addr::new(10, 0, 0, 2)));
        assert_eq!(limiter.admit_at(one, 600), Ok(()));
        assert_eq!(limiter.admit_at(one, 610), Ok(()));
        assert_eq!(limiter.admit_at(one, 610), Err(50));
        assert_eq!(limiter.admit_at(other, 610), Ok(()));
        assert_eq!(limiter.admit_at(one, 660), Ok(()));
    }
}
