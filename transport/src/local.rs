//! Servers on this machine.

use std::net::IpAddr;

/// True if `host`, as it stands in an address, is this machine: `localhost`, or a loopback address.
#[must_use]
pub fn is_local(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_and_localhost_are_this_machine_and_nothing_else_is() {
        for host in ["localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"] {
            assert!(is_local(host), "{host}");
        }
        assert!(is_local("[::ffff:127.0.0.1]"));
        for host in ["", "example.com", "localhost.example.com", "notlocalhost", "10.0.0.1", "0.0.0.0", "[2001:db8::1]"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
