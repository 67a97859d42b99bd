//! An address at which clients reach the data planes of a control plane.

use std::fmt;
use std::str::FromStr;

/// An address: a protocol, a host and a port, and nothing else (schema `ProxyURL` of `control-planes-v2`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProxyUrl {
    /// 1 to 120 characters. An address of IPv6 has brackets around it.
    pub host: String,
    /// From 1.
    pub port: u16,
    /// 1 to 32 characters, such as `https`.
    pub protocol: String,
}

impl ProxyUrl {
    /// The largest number of them that a control plane has (schema `ProxyURLs`).
    pub const MOST: usize = 5;

    /// The port of a protocol that an address need not name.
    fn usual_port(protocol: &str) -> Option<u16> {
        [("http", 80), ("https", 443)].into_iter().find(|(name, _)| *name == protocol).map(|(_, port)| port)
    }
}

impl FromStr for ProxyUrl {
    /// The reason, which continues "it is not a valid address: ".
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (protocol, rest) = text.split_once("://").ok_or("it has no protocol")?;
        let is_protocol = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if protocol.is_empty() || protocol.len() > 32 || !protocol.chars().all(is_protocol) {
            return Err("a protocol has 1 to 32 letters, digits, `+`, `-` and `.`");
        }
        // Only brackets may have colons inside.
        let (host, port) = match rest.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0).ok_or("its port is not a number")?),
            None => (rest, Self::usual_port(protocol).ok_or("it has no port")?),
        };
        let is_bracketed = host.starts_with('[') && host.ends_with(']') && host.len() > 2;
        let is_host =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') || (is_bracketed && ":[]%".contains(c));
        if host.is_empty() || host.len() > 120 {
            return Err("a host has 1 to 120 characters");
        }
        if !host.chars().all(is_host) {
            return Err("only a host and a port may follow the protocol");
        }
        Ok(Self { host: host.to_owned(), port, protocol: protocol.to_owned() })
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.protocol, self.host)?;
        if Self::usual_port(&self.protocol) == Some(self.port) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::ProxyUrl;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for text in [
            "https://api.example.com",
            "http://api.example.com:8000",
            "grpcs://gateway:9443",
            "https://[2001:db8::1]",
            "https://[2001:db8::1]:8443",
            "https://10.0.0.1:1",
        ] {
            assert_eq!(text.parse::<ProxyUrl>().map(|url| url.to_string()).as_deref(), Ok(text));
        }
        let usual = |text: &str| text.parse::<ProxyUrl>().unwrap();
        assert_eq!(usual("https://a:443"), usual("https://a"));
        assert_eq!(usual("http://a").port, 80);
    }

    #[test]
    fn anything_else_has_a_reason() {
        for text in [
            "",
            "api.example.com",
            "://a:1",
            "https://",
            "https://:443",
            "https://a/b",
            "https://a:443/",
            "https://user:secret@a",
            "https://a:0",
            "https://a:65536",
            "https://a:",
            "https://a b",
            "https://[]",
            "https://[::1]x:1",
            "tcp://a",
            "grpc://2001:db8::1:80",
            &format!("https://{}", "a".repeat(121)),
            &format!("{}://a:1", "a".repeat(33)),
        ] {
            assert!(text.parse::<ProxyUrl>().is_err(), "{text}");
        }
    }
}
