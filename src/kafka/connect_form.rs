//! The fields by which a person says which Kafka is meant.

use super::endpoint::{KafkaEndpoint, SaslMechanism, read_servers};
use crate::text::password::Password;

/// The fields. All text, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of that label")]
pub struct KafkaForm {
    pub name: String,
    pub servers: String,
    pub user: String,
    pub password: Password,
    pub sasl: Option<SaslMechanism>,
    pub tls: bool,
    pub ca_file: String,
    pub certificate: String,
    pub key: String,
}

impl Default for KafkaForm {
    fn default() -> Self {
        let mut form = Self {
            name: String::new(),
            servers: String::new(),
            user: String::new(),
            password: Password::default(),
            sasl: None,
            tls: false,
            ca_file: String::new(),
            certificate: String::new(),
            key: String::new(),
        };
        form.take(&KafkaEndpoint::default());
        form
    }
}

impl KafkaForm {
    /// Fills the fields from an endpoint.
    pub fn take(&mut self, endpoint: &KafkaEndpoint) {
        self.name.clone_from(&endpoint.name);
        self.servers = endpoint.servers_text();
        self.user.clone_from(&endpoint.user);
        self.password = endpoint.password.clone();
        self.sasl = endpoint.sasl;
        self.tls = endpoint.tls;
        self.ca_file.clone_from(&endpoint.ca_file);
        (self.certificate, self.key) = endpoint.certificate.clone();
    }

    /// The endpoint that the fields describe.
    ///
    /// # Errors
    /// The first wrong field, in words.
    pub fn endpoint(&self) -> Result<KafkaEndpoint, String> {
        let servers = read_servers(&self.servers).map_err(|error| error.to_string())?;
        let (user, password) = match self.sasl {
            None => (String::new(), Password::default()),
            Some(_) => (self.user.clone(), self.password.clone()),
        };
        if self
            .sasl
            .is_some_and(|one| one != SaslMechanism::OauthBearer)
            && user.is_empty()
        {
            return Err("User is empty: a SASL mechanism needs one".to_owned());
        }
        if self.sasl.is_some() && password.0.is_empty() {
            return Err("Password is empty: a SASL mechanism needs one".to_owned());
        }
        let endpoint = KafkaEndpoint {
            name: self.name.trim().to_owned(),
            servers,
            tls: self.tls,
            sasl: self.sasl,
            user,
            password,
            ca_file: self.ca_file.trim().to_owned(),
            certificate: (
                self.certificate.trim().to_owned(),
                self.key.trim().to_owned(),
            ),
        };
        endpoint.checked().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_say_what_the_address_says() {
        let text = "kafka://ada:secret@one:1,two:2?tls=true&sasl=scram-sha-256&ca=%2Fca.pem";
        let endpoint = KafkaEndpoint::from_url(text).unwrap();
        let mut form = KafkaForm::default();
        form.take(&endpoint);
        assert_eq!(form.servers, "one:1,two:2");
        assert_eq!(form.endpoint(), Ok(endpoint));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let mut form = KafkaForm::default();
        assert!(form.endpoint().is_ok());
        form.sasl = Some(SaslMechanism::Plain);
        assert!(form.endpoint().unwrap_err().starts_with("User"));
        form.user = "ada".into();
        assert!(form.endpoint().unwrap_err().starts_with("Password"));
        form.servers = " , ".into();
        assert!(
            form.endpoint()
                .unwrap_err()
                .starts_with("Bootstrap servers")
        );
    }
}
