//! Opens connections to a cluster, all with the same name and security.

use std::time::Duration;

use krafka::Kafka;
use krafka::admin::{AdminClient, DescribeClusterOptions, DescribeFeaturesOptions};
use krafka::auth::{AuthConfig, TlsConfig};
use krafka::error::KrafkaError;

use super::failure;
use crate::kafka::cluster::ClusterFacts;
use crate::kafka::endpoint::{KafkaEndpoint, SaslMechanism};

/// How the broker's log calls us.
const CLIENT_ID: &str = "eventscope";
/// How long one answer may take.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long reaching a broker may take, with TLS and login.
const REACH_LIMIT: Duration = Duration::from_secs(8);

/// A cluster that let us in.
pub(super) struct OpenedCluster {
    pub kafka: Kafka,
    pub admin: AdminClient,
    pub facts: ClusterFacts,
}

/// Opens connections of their own.
pub(super) async fn kafka(endpoint: &KafkaEndpoint) -> Result<Kafka, KrafkaError> {
    let builder = Kafka::builder(endpoint.servers_text())
        .client_id(CLIENT_ID)
        .request_timeout(ANSWER_LIMIT)
        .connect_timeout(REACH_LIMIT)
        .allow_auto_create_topics(false);
    let builder = match security(endpoint) {
        Some(security) => builder.security(security),
        None => builder,
    };
    builder.connect().await
}

/// Opens the connections that questions are asked over, and asks what answers there.
pub(super) async fn open(endpoint: &KafkaEndpoint) -> Result<OpenedCluster, String> {
    let kafka = kafka(endpoint)
        .await
        .map_err(|error| failure::connect_words(&error, endpoint))?;
    let admin = kafka.admin().default_api_timeout(ANSWER_LIMIT);
    let mut facts = ClusterFacts::default();
    // Old brokers do not know the question; that says nothing against them.
    if let Ok(told) = admin
        .describe_cluster(DescribeClusterOptions::default())
        .await
    {
        facts.id = Some(told.cluster_id);
        facts.controller = u32::try_from(told.controller_id).ok();
        facts.brokers = told.brokers.len();
    }
    if let Ok(told) = admin
        .describe_features(DescribeFeaturesOptions::default())
        .await
    {
        let mut levels = told.supported.iter();
        let level = levels.find(|feature| feature.name == "metadata.version");
        facts.metadata_level = level.map(|feature| feature.max_version);
    }
    Ok(OpenedCluster {
        kafka,
        admin,
        facts,
    })
}

fn security(endpoint: &KafkaEndpoint) -> Option<AuthConfig> {
    let (user, password) = (endpoint.user.as_str(), endpoint.password.0.as_str());
    let login = endpoint.sasl.map(|mechanism| match mechanism {
        SaslMechanism::Plain => AuthConfig::sasl_plain(user, password),
        SaslMechanism::ScramSha256 => AuthConfig::sasl_scram_sha256(user, password),
        SaslMechanism::ScramSha512 => AuthConfig::sasl_scram_sha512(user, password),
        SaslMechanism::OauthBearer => AuthConfig::sasl_oauthbearer(password),
    });
    if !endpoint.tls {
        return login;
    }
    let mut tls = TlsConfig::new().with_native_roots();
    if !endpoint.ca_file.is_empty() {
        tls = tls.with_ca_cert(&endpoint.ca_file);
    }
    let (certificate, key) = &endpoint.certificate;
    if !certificate.is_empty() {
        tls = tls.with_client_cert(certificate, key);
    }
    Some(match login {
        Some(login) => login.with_tls(tls),
        None => AuthConfig::ssl(tls),
    })
}
