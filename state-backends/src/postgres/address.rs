//! `postgres://…`: which database, as whom, how safely.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::session::Session;
use super::statement_error::StatementError;
use super::tls;
use crate::{AddressError, Variables};

/// The schema if the address names none.
const DEFAULT_SCHEMA: &str = "koctl_state";
/// PostgreSQL cuts longer names.
const LONGEST_NAME: usize = 63;
/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what was sent may stay unacknowledged before the connection counts as broken.
const TCP_TIMEOUT: Duration = Duration::from_secs(30);

/// The database, and access to it. Shows no password.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: MakeRustlsConnect,
    schema: String,
    place: String,
}

impl Address {
    pub(super) fn parse(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        Parts::of(url, variables)?.address(url)
    }

    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Session, StatementError> {
        Session::open(&self.config, self.tls.clone()).await
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.place).finish()
    }
}

/// The parts of an address, from its text or from variables. `None` if neither has one.
#[derive(Default)]
struct Parts {
    host: Option<String>,
    port: Option<String>,
    database: Option<String>,
    user: Option<String>,
    password: Option<String>,
    ssl_mode: Option<String>,
    root_certificates: Option<String>,
    schema: Option<String>,
}

impl Parts {
    fn of(text: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|error| malformed(text, error.to_string()))?;
        let decoded = |part: &str| decode(part).ok_or_else(|| malformed(text, "it has escapes that are not UTF-8"));
        let set = |part: &str| if part.is_empty() { Ok(None) } else { decoded(part).map(Some) };
        let mut parts = Self {
            host: set(url.host_str().unwrap_or_default().trim_matches(['[', ']']))?,
            port: url.port().map(|port| port.to_string()),
            database: set(url.path().trim_start_matches('/'))?,
            user: set(url.username())?,
            password: set(url.password().unwrap_or_default())?,
            ..Self::default()
        };
        for (name, value) in url.query_pairs() {
            *parts.parameter(text, &name)? = Some(value.into_owned());
        }
        parts.fill(variables);
        Ok(parts)
    }

    fn parameter(&mut self, text: &str, name: &str) -> Result<&mut Option<String>, AddressError> {
        match name {
            "host" => Ok(&mut self.host),
            "sslmode" => Ok(&mut self.ssl_mode),
            "sslrootcert" => Ok(&mut self.root_certificates),
            "schema" => Ok(&mut self.schema),
            _ => {
                let help = "The parameters are `sslmode`, `sslrootcert`, `host` and `schema`.";
                Err(AddressError::new(text, format!("it has the unknown parameter `{name}`")).help(help))
            }
        }
    }

    /// The variables of PostgreSQL's own programs stand for what the address leaves out.
    fn fill(&mut self, variables: Variables<'_>) {
        for (part, variable) in [
            (&mut self.host, "PGHOST"),
            (&mut self.port, "PGPORT"),
            (&mut self.database, "PGDATABASE"),
            (&mut self.user, "PGUSER"),
            (&mut self.password, "PGPASSWORD"),
            (&mut self.ssl_mode, "PGSSLMODE"),
            (&mut self.root_certificates, "PGSSLROOTCERT"),
        ] {
            if part.is_none() {
                *part = transport::variable(variables, variable);
            }
        }
    }

    fn address(self, text: &str) -> Result<Address, AddressError> {
        let host = self.host.unwrap_or_else(|| "localhost".to_owned());
        let port = self.port.unwrap_or_else(|| "5432".to_owned());
        // Both of these may come from variables, in which a secret may be by mistake.
        let port = port.parse().map_err(|_| malformed(text, "its port is not a number from 0 to 65535"))?;
        let database = self.database.ok_or_else(|| malformed(text, "it does not name a database"))?;
        let schema = self.schema.unwrap_or_else(|| DEFAULT_SCHEMA.to_owned());
        if !is_plain_name(&schema) {
            let reason = format!("`{schema}` cannot be the name of the schema: use small letters, digits and `_`");
            return Err(malformed(text, reason));
        }
        let mut config = Config::new();
        config.host(&host).port(port).dbname(&database).application_name("koctl");
        config.connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(TCP_TIMEOUT).keepalives_idle(TCP_TIMEOUT);
        if let Some(user) = self.user {
            config.user(user);
        }
        if let Some(password) = self.password {
            config.password(password);
        }
        // `system` is libpq's word for what is the default here.
        let roots = self.root_certificates.as_deref().filter(|roots| *roots != "system").map(Path::new);
        let mode = self.ssl_mode.as_deref().unwrap_or("prefer");
        let (ssl_mode, check) = tls::mode(mode, self.root_certificates.is_some())
            .ok_or_else(|| malformed(text, "its `sslmode` is not valid").help(SSL_MODES))?;
        config.ssl_mode(ssl_mode);
        let tls = tls::config(check, roots).map_err(|reason| {
            malformed(text, reason).help("Correct `sslrootcert`: the path of a file with certificates in PEM format.")
        })?;
        let of_schema = if schema == DEFAULT_SCHEMA { String::new() } else { format!("the schema `{schema}` of ") };
        let place = format!("{of_schema}the PostgreSQL database `{database}` on `{host}:{port}`");
        Ok(Address { config, tls: MakeRustlsConnect::new(tls), schema, place })
    }
}

const SSL_MODES: &str = "The modes are `disable`, `prefer`, `require`, `verify-ca` and `verify-full`.";

fn malformed(url: &str, reason: impl Into<String>) -> AddressError {
    AddressError::new(url, reason).help("Write it as `postgres://USER@HOST/DATABASE`, with the password in PGPASSWORD.")
}

fn decode(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(|text| text.into_owned())
}

/// A name that needs no quotes in SQL, so that a person can look at the tables with little ado.
fn is_plain_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    starts && name.len() <= LONGEST_NAME && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::{Host, SslMode};

    use super::*;

    fn address(url: &str, variables: &[(&str, &str)]) -> Result<Address, AddressError> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Address::parse(url, &find)
    }

    #[test]
    fn an_address_names_database_host_user_and_schema() {
        let address = address("postgres://ada:s%40me@db.example.com:6432/plat%66orm?schema=acme", &[]).unwrap();
        assert_eq!(
            address.to_string(),
            "the schema `acme` of the PostgreSQL database `platform` on `db.example.com:6432`"
        );
        assert_eq!(address.config.get_user(), Some("ada"));
        assert_eq!(address.config.get_password(), Some(b"s@me".as_slice()));
    }

    #[test]
    fn what_an_address_leaves_out_is_taken_from_the_variables_of_postgresql() {
        let variables = [
            ("PGHOST", "db"),
            ("PGPORT", "6432"),
            ("PGDATABASE", "platform"),
            ("PGUSER", "ada"),
            ("PGPASSWORD", "sesame"),
            ("PGSSLMODE", "disable"),
        ];
        let filled = address("postgres://", &variables).unwrap();
        assert_eq!(filled.to_string(), "the PostgreSQL database `platform` on `db:6432`");
        assert_eq!(filled.config.get_password(), Some(b"sesame".as_slice()));
        assert_eq!(filled.config.get_ssl_mode(), SslMode::Disable);
        assert_eq!(
            address("postgres://host/mine", &variables).unwrap().to_string(),
            "the PostgreSQL database `mine` on `host:6432`"
        );
    }

    #[test]
    fn the_directory_of_a_socket_is_a_host() {
        let address = address("postgres:///platform?host=/run/postgresql", &[]).unwrap();
        assert_eq!(address.config.get_hosts(), [Host::Unix("/run/postgresql".into())]);
    }

    #[test]
    fn a_mode_of_tls_means_what_it_means_to_libpq() {
        for (name, has_roots, expected) in [
            ("disable", false, (SslMode::Disable, tls::Check::Nothing)),
            ("prefer", true, (SslMode::Prefer, tls::Check::Nothing)),
            ("require", false, (SslMode::Require, tls::Check::Nothing)),
            ("require", true, (SslMode::Require, tls::Check::Authority)),
            ("verify-ca", false, (SslMode::Require, tls::Check::Authority)),
            ("verify-full", false, (SslMode::Require, tls::Check::Host)),
        ] {
            assert_eq!(tls::mode(name, has_roots), Some(expected), "{name}");
        }
        assert_eq!(address("postgres://h/d", &[]).unwrap().config.get_ssl_mode(), SslMode::Prefer);
        assert!(address("postgres://h/d?sslmode=verify-full&sslrootcert=system", &[]).is_ok());
    }

    #[test]
    fn an_address_that_cannot_be_used_is_told_without_its_password() {
        for (url, reason) in [
            ("postgres://ada:sesame@db:99999/d", "invalid port"),
            ("postgres://ada:sesame@db", "does not name a database"),
            ("postgres://ada:sesame@db/d?sslmode=maybe", "its `sslmode` is not valid"),
            ("postgres://ada:sesame@db/d?password=sesame", "unknown parameter `password`"),
            ("postgres://ada:sesame@db/d?schema=a-b", "`a-b` cannot be the name of the schema"),
            ("postgres://ada:sesame@db/d?sslmode=verify-ca&sslrootcert=/not/there", "`/not/there` cannot be used"),
        ] {
            let error = address(url, &[]).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let address = address("postgres://ada:sesame@db/d", &[]).unwrap();
        assert!(!format!("{address} {address:?}").contains("sesame"));
    }
}
