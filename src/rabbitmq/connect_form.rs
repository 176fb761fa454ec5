//! The fields by which a person says which RabbitMQ is meant.

use super::endpoint::{Endpoint, Password, read_management_url};

/// The connect form. All text, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of that label")]
pub struct ConnectForm {
    pub url: String,
    pub name: String,
    pub host: String,
    pub port: String,
    pub user: String,
    pub password: Password,
    pub vhost: String,
    pub tls: bool,
    /// A URL or a port.
    pub management: String,
    /// The person marks it as production.
    pub is_production: bool,
    /// What it brings is not recorded.
    pub is_spared: bool,
    /// What is wrong with the fields, in words.
    pub problem: Option<String>,
}

impl Default for ConnectForm {
    fn default() -> Self {
        let mut form = Self {
            url: String::new(),
            name: String::new(),
            host: String::new(),
            port: String::new(),
            user: String::new(),
            password: Password::default(),
            vhost: String::new(),
            tls: false,
            management: String::new(),
            is_production: false,
            is_spared: false,
            problem: None,
        };
        form.take(&Endpoint::default());
        form
    }
}

impl ConnectForm {
    /// Fills the fields from an endpoint.
    pub fn take(&mut self, endpoint: &Endpoint) {
        self.name.clone_from(&endpoint.name);
        self.host.clone_from(&endpoint.host);
        self.port = endpoint.port.to_string();
        self.user.clone_from(&endpoint.user);
        self.password = endpoint.password.clone();
        self.vhost.clone_from(&endpoint.vhost);
        self.tls = endpoint.tls;
        let port = endpoint.management_port.map(|port| port.to_string());
        let given = endpoint.management_url.clone().or(port);
        self.management = given.unwrap_or_default();
    }

    /// Takes over a pasted URL as soon as it can be read, so that the fields show what it means.
    pub fn url_changed(&mut self) {
        if self.url.trim().is_empty() {
            self.problem = None;
            return;
        }
        match Endpoint::from_url(&self.url) {
            Ok(mut endpoint) => {
                // The line shows no password, see `hide_password`.
                let login = (&self.host, &self.user);
                if endpoint.password.0.is_empty() && (&endpoint.host, &endpoint.user) == login {
                    endpoint.password = self.password.clone();
                }
                let name = std::mem::take(&mut self.name);
                self.take(&endpoint);
                self.name = name;
                self.problem = None;
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    /// What is wrong with the port, unless nothing was typed yet.
    #[must_use]
    pub fn port_fault(&self) -> Option<String> {
        let is_typed = !self.port.trim().is_empty();
        port("Port", &self.port).err().filter(|_| is_typed)
    }

    /// What is wrong with the field of the management API.
    #[must_use]
    pub fn management_fault(&self) -> Option<String> {
        self.management().err()
    }

    /// The port and the URL of the management API.
    fn management(&self) -> Result<(Option<u16>, Option<String>), String> {
        match self.management.trim() {
            "" => Ok((None, None)),
            text if text.starts_with(|c: char| c.is_ascii_digit()) => {
                Ok((Some(port("Management URL or port", text)?), None))
            }
            text => {
                let url = read_management_url(text).map_err(|error| error.to_string())?;
                Ok((None, Some(url)))
            }
        }
    }

    /// The endpoint that the fields describe.
    ///
    /// # Errors
    /// The first wrong field, in words.
    pub fn endpoint(&self) -> Result<Endpoint, String> {
        if !self.url.trim().is_empty() {
            Endpoint::from_url(&self.url).map_err(|error| error.to_string())?;
        }
        let host = self.host.trim();
        if host.is_empty() {
            return Err("Host is empty: type the name or address of the broker".to_owned());
        }
        let management = self.management()?;
        Ok(Endpoint {
            name: self.name.trim().to_owned(),
            host: host.to_owned(),
            port: port("Port", &self.port)?,
            user: self.user.clone(),
            password: self.password.clone(),
            vhost: if self.vhost.is_empty() {
                "/".to_owned()
            } else {
                self.vhost.clone()
            },
            tls: self.tls,
            management_port: management.0,
            management_url: management.1,
        })
    }
}

fn port(label: &str, text: &str) -> Result<u16, String> {
    let number = text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    number.ok_or_else(|| format!("{label} must be a number from 1 to 65535"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_url_fills_the_fields() {
        let mut form = ConnectForm {
            name: "mine".into(),
            ..ConnectForm::default()
        };
        form.url = "amqps://ada:secret@broker:5999/team".into();
        form.url_changed();
        assert_eq!(
            (form.host.as_str(), form.port.as_str(), form.tls),
            ("broker", "5999", true)
        );
        assert_eq!(form.name, "mine");
        form.url = "http://x".into();
        form.url_changed();
        assert!(form.problem.is_some());
        assert!(form.endpoint().is_err());
    }

    #[test]
    fn the_management_api_is_given_by_url_or_by_port() {
        let mut form = ConnectForm {
            url: "amqp://h?management_url=https://m/x".into(),
            ..ConnectForm::default()
        };
        form.url_changed();
        assert_eq!(form.management, "https://m/x");
        assert_eq!(form.endpoint().unwrap().management_url(), "https://m/x");
        form.url.clear();
        for (typed, base) in [("", "http://h:15672"), (" 99 ", "http://h:99")] {
            form.management = typed.into();
            let endpoint = form.endpoint().unwrap();
            assert_eq!(endpoint.management_url(), base);
            form.take(&endpoint);
            assert_eq!(form.management, typed.trim());
        }
        for (wrong, part) in [
            ("0", "port"),
            ("m.example", "m.example"),
            ("ftp://m", "http"),
        ] {
            form.management = wrong.into();
            assert!(form.endpoint().unwrap_err().contains(part));
        }
    }

    #[test]
    fn a_wrong_port_is_named_as_it_is_typed() {
        let mut form = ConnectForm::default();
        for (typed, is_wrong) in [("5672", false), ("", false), ("99999", true), ("x", true)] {
            form.port = typed.into();
            assert_eq!(form.port_fault().is_some(), is_wrong, "{typed}");
        }
    }

    #[test]
    fn a_line_without_its_password_leaves_that_of_the_field() {
        let mut form = ConnectForm {
            url: "amqp://ada:s%40crét@broker".into(),
            ..ConnectForm::default()
        };
        form.url_changed();
        for (line, password) in [
            ("amqp://ada@broker/team", "s@crét"),
            ("amqp://ada@other", ""),
        ] {
            form.url = line.into();
            form.url_changed();
            assert_eq!(form.password.0, password, "{line}");
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        let mut form = ConnectForm {
            port: "70000".into(),
            ..ConnectForm::default()
        };
        assert!(form.endpoint().unwrap_err().starts_with("Port"));
        form.host.clear();
        assert!(form.endpoint().unwrap_err().starts_with("Host"));
    }
}
