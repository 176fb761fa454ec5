//! Which broker answers, and in which version: what it said of itself when it was connected to.

use std::fmt;

/// A product and its version. The rules that depend on a version are RabbitMQ's own, so another
/// product that speaks the same protocol is at no version of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerVersion {
    /// The name of the product as it was told; empty if none was.
    product: String,
    /// The version as it was told, such as `3.10.8` or `4.3.0-rc.1`; empty if none was.
    version: String,
}

impl ServerVersion {
    /// What was told: a product and a version, each of which may be empty.
    #[must_use]
    pub fn new(product: &str, version: &str) -> Self {
        Self {
            product: product.trim().to_owned(),
            version: version.trim().to_owned(),
        }
    }

    /// A RabbitMQ of this version.
    #[must_use]
    pub fn rabbitmq(version: &str) -> Self {
        Self::new("RabbitMQ", version)
    }

    /// Major version, minor version and patch; what was not told of the last two is 0. `None` if
    /// the version does not begin with a number.
    #[must_use]
    pub fn numbers(&self) -> Option<(u32, u32, u32)> {
        let mut parts = self.version.split('.').map(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit());
            part[..end.unwrap_or(part.len())].parse().ok()
        });
        let mut next = || parts.next().flatten();
        Some((next()?, next().unwrap_or(0), next().unwrap_or(0)))
    }

    /// True if this is known to be a RabbitMQ of this version or a later one.
    #[must_use]
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        let reaches = |(a, b, _)| (a, b) >= (major, minor);
        self.product == "RabbitMQ" && self.numbers().is_some_and(reaches)
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let product = match self.product.as_str() {
            "" => "Broker without a name",
            product => product,
        };
        if self.version.is_empty() {
            f.write_str(product)
        } else {
            write!(f, "{product} {}", self.version)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let of = |version, major, minor| ServerVersion::rabbitmq(version).at_least(major, minor);
        assert!(of("4.0.1", 4, 0) && of("3.13.7", 3, 9) && of("4.3.0-rc.1", 4, 3));
        assert!(of("4", 4, 0) && of("10.0.0", 4, 3));
        assert!(!of("3.10.8", 4, 0) && !of("4", 4, 1));
        assert!(!of("", 0, 0) && !of("rolling", 0, 0));
        assert_eq!(
            ServerVersion::rabbitmq("4.3.6+dev").numbers(),
            Some((4, 3, 6))
        );
    }

    #[test]
    fn another_product_is_at_no_version_of_rabbitmq() {
        let other = ServerVersion::new("LavinMQ", "4.3.0");
        assert!(!other.at_least(0, 0));
        assert_eq!(other.to_string(), "LavinMQ 4.3.0");
        assert!(!ServerVersion::default().at_least(0, 0));
    }

    #[test]
    fn product_and_version_are_shown() {
        let shown = |product, version| ServerVersion::new(product, version).to_string();
        assert_eq!(shown("RabbitMQ", "3.10.8"), "RabbitMQ 3.10.8");
        assert_eq!(shown("X", ""), "X");
        assert_eq!(
            ServerVersion::default().to_string(),
            "Broker without a name"
        );
    }
}
