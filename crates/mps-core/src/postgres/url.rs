//! The URL of a PostgreSQL server.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};
use url::form_urlencoded;

use super::{Failure, FailureKind};

/// The schema that has the tables, unless the URL names another one.
const SCHEMA: &str = "mps";
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Parameters that are passed on as they are.
const PASSED_ON: [&str; 15] = [
    "application_name",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// A URL in its parts.
pub(super) struct ServerUrl {
    pub(super) config: Config,
    pub(super) schema: String,
    pub(super) encrypted: bool,
    /// The file of `sslrootcert`; `None` trusts the platform's authorities.
    pub(super) authority: Option<PathBuf>,
    pub(super) passfile: Option<PathBuf>,
}

#[derive(Default)]
struct Parameters {
    passed_on: Vec<String>,
    sslmode: Option<String>,
    authority: Option<String>,
    passfile: Option<PathBuf>,
    schema: Option<String>,
}

impl ServerUrl {
    pub(super) fn read(url: &str) -> Result<Self, Failure> {
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
            .ok_or_else(malformed)?;
        // As libpq: the part before the first @ is the user and the password, whatever is in it.
        let login = rest.find('@').map_or(0, |at| at + 1);
        let (login, place) = rest.split_at(login);
        let (place, query) = place.split_once('?').unwrap_or((place, ""));
        let parameters = Parameters::read(query)?;
        let plain = format!(
            "postgres://{login}{place}?{}",
            parameters.passed_on.join("&")
        );
        // The error of the library could repeat the password.
        let mut config: Config = plain.parse().map_err(|_| malformed())?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(malformed());
        }
        complete(&mut config);
        let encrypted = is_encrypted(&parameters, &config)?;
        config.ssl_mode(if encrypted {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        Ok(Self {
            config,
            schema: parameters.schema.unwrap_or_else(|| SCHEMA.to_owned()),
            encrypted,
            authority: parameters
                .authority
                .filter(|file| file != "system")
                .map(PathBuf::from),
            passfile: parameters.passfile,
        })
    }
}

impl Parameters {
    fn read(query: &str) -> Result<Self, Failure> {
        let mut parameters = Self::default();
        for text in query.split('&').filter(|text| !text.is_empty()) {
            // A plus sign is one, as in libpq.
            let pair = text.replace('+', "%2B");
            let Some((name, value)) = form_urlencoded::parse(pair.as_bytes()).next() else {
                continue;
            };
            match &*name {
                "sslmode" => parameters.sslmode = Some(value.into_owned()),
                "sslrootcert" => parameters.authority = Some(value.into_owned()),
                "passfile" => parameters.passfile = Some(PathBuf::from(value.into_owned())),
                "schema" => parameters.schema = Some(schema(&value)?),
                known if PASSED_ON.contains(&known) => parameters.passed_on.push(text.to_owned()),
                // Not repeated: a password with a question mark in it ends here.
                _ => {
                    return Err(Failure::new(
                        FailureKind::Url,
                        "the URL of the PostgreSQL server has an unknown parameter",
                    )
                    .hint_at("use sslmode, sslrootcert, passfile, schema, application_name, connect_timeout, target_session_attrs, options and those of addresses; write ? and @ in a password as %3F and %40"));
                }
            }
        }
        Ok(parameters)
    }
}

fn schema(name: &str) -> Result<String, Failure> {
    let sound = !name.is_empty() && name.len() < 64 && !name.contains('\0');
    if sound {
        return Ok(name.to_owned());
    }
    Err(Failure::new(
        FailureKind::Url,
        "the parameter schema in the URL of the PostgreSQL server is no name",
    )
    .hint_at("use 1 to 63 characters"))
}

/// Sets what the URL leaves open. Of several hosts, the one that can be written to is used.
fn complete(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_WITHIN);
    }
    if config.get_application_name().is_none() {
        config.application_name("mps");
    }
    let attributes = config.get_target_session_attrs();
    if config.get_hosts().len() > 1 && attributes == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
}

/// Returns whether connections are encrypted, and their certificates verified.
///
/// Stricter than libpq: an encrypted connection is always verified, and no mode falls back to clear
/// text. Without `sslmode`, only servers on this machine are reached in clear text.
fn is_encrypted(parameters: &Parameters, config: &Config) -> Result<bool, Failure> {
    match parameters.sslmode.as_deref() {
        None => Ok(parameters.authority.is_some() || !is_on_this_machine(config)),
        Some("disable") if parameters.authority.is_none() => Ok(false),
        Some("require" | "verify-ca" | "verify-full") => Ok(true),
        Some("disable") => Err(Failure::new(
            FailureKind::Url,
            "the URL of the PostgreSQL server has an authority, but sslmode=disable",
        )
        .hint_at("remove one of sslrootcert and sslmode=disable")),
        Some("allow" | "prefer") => Err(Failure::new(
            FailureKind::Url,
            "the sslmode of the PostgreSQL server falls back to clear text",
        )
        .hint_at("use sslmode=verify-full, or sslmode=disable within a network you trust")),
        Some(_) => Err(Failure::new(
            FailureKind::Url,
            "the sslmode of the PostgreSQL server is unknown",
        )
        .hint_at("use verify-full or disable")),
    }
}

fn is_on_this_machine(config: &Config) -> bool {
    let local_host = |host: &Host| match host {
        Host::Tcp(name) if name == "localhost" => true,
        Host::Tcp(name) => {
            let address = name.trim_start_matches('[').trim_end_matches(']').parse();
            address.is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    let addresses = config.get_hostaddrs();
    config.get_hosts().iter().all(local_host) && addresses.iter().all(IpAddr::is_loopback)
}

fn malformed() -> Failure {
    Failure::new(
        FailureKind::Url,
        "the URL of the PostgreSQL server is malformed",
    )
    .hint_at("write it as postgres://user:password@host:5432/database")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> ServerUrl {
        match ServerUrl::read(url) {
            Ok(read) => read,
            Err(error) => panic!("{url}: {error}"),
        }
    }

    #[test]
    fn only_servers_on_this_machine_are_reached_in_clear_text_unless_the_url_says_so() {
        for (url, encrypted) in [
            ("postgres://localhost/db", false),
            ("postgresql://u:p@127.0.0.2:5433/db", false),
            ("postgres:///db?host=/run/postgresql", false),
            ("postgres://localhost/db?sslrootcert=ca.pem", true),
            ("postgres://localhost/db?sslmode=require", true),
            ("postgres://db.internal/db", true),
            ("postgres://localhost,db.internal/db", true),
            ("postgres://db.internal/db?sslmode=disable", false),
            ("postgres://db.internal/db?sslmode=verify-full", true),
        ] {
            assert_eq!(read(url).encrypted, encrypted, "{url}");
        }
        let several = read("postgres://a.internal:1,b.internal:2/db");
        assert_eq!(
            several.config.get_target_session_attrs(),
            TargetSessionAttrs::ReadWrite
        );
    }

    #[test]
    fn parameters_of_our_own_are_taken_out_and_others_passed_on() {
        let url =
            "postgres://u@h/db?schema=team+a&application_name=batch&passfile=/p&sslrootcert=system";
        let read = read(url);
        assert_eq!(read.schema, "team+a");
        assert_eq!(read.config.get_application_name(), Some("batch"));
        assert_eq!(read.passfile, Some(PathBuf::from("/p")));
        assert!(read.encrypted && read.authority.is_none());
        assert_eq!(read.config.get_dbname(), Some("db"));
    }

    #[test]
    fn malformed_urls_are_refused_without_repeating_them() {
        for url in [
            "hunter2",
            "mysql://u:hunter2@h/db",
            "postgres://u:hunter2@/db",
            "postgres://u:hunter2@h:port/db",
            "postgres://u@h/db?hunter2=1",
            "postgres://u@h/db?sslmode=hunter2",
            "postgres://u:hunter2@h/db?sslmode=prefer",
            "postgres://u:hunter2@h/db?sslmode=disable&sslrootcert=hunter2",
            "postgres://u:hunter2@h/db?schema=",
            "postgres://u:hunter2@h/db?connect_timeout=hunter2",
        ] {
            let error = ServerUrl::read(url).err().unwrap();
            assert_eq!(error.kind(), FailureKind::Url, "{url}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(error.hint().is_some(), "{url}");
        }
    }
}
