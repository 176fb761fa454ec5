//! Chooses the three ports of a sandbox on 127.0.0.1. Knows nothing of what will listen there.

use tokio::net::TcpListener;

use super::SandboxError;

/// Below the range from which systems take the ports of outgoing connections. From inside that range a client that
/// keeps trying to reach a dead broker can by chance connect to itself, and then holds the broker's port.
const RANGE: std::ops::Range<u16> = 20_000..30_000;
/// With one port in twenty taken, so many tries fail together once in 10^26.
const TRIES: usize = 20;

/// The ports of one sandbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// For AMQP clients.
    pub(crate) amqp: u16,
    /// For the management API.
    pub(crate) management: u16,
    /// For Erlang's own node-to-node protocol, which cannot be turned off.
    pub(crate) distribution: u16,
}

impl Ports {
    /// Takes the wanted ports if they are free, and random free ones for the rest.
    pub(crate) async fn choose(
        amqp: Option<u16>,
        management: Option<u16>,
    ) -> Result<Self, SandboxError> {
        let mut chosen = Vec::with_capacity(3);
        for wanted in [amqp, management, None] {
            let port = match wanted {
                Some(port) if is_free(port).await => port,
                Some(port) => return Err(SandboxError::PortTaken { port }),
                None => {
                    let avoid = [amqp, management];
                    let taken: Vec<u16> = chosen
                        .iter()
                        .copied()
                        .chain(avoid.into_iter().flatten())
                        .collect();
                    any_free(&taken).await?
                }
            };
            chosen.push(port);
        }
        match chosen.as_slice() {
            &[amqp, management, distribution] => Ok(Self {
                amqp,
                management,
                distribution,
            }),
            _ => Err(SandboxError::NoFreePort),
        }
    }
}

async fn any_free(taken: &[u16]) -> Result<u16, SandboxError> {
    for _ in 0..TRIES {
        let port = fastrand::u16(RANGE);
        if !taken.contains(&port) && is_free(port).await {
            return Ok(port);
        }
    }
    Err(SandboxError::NoFreePort)
}

/// Listens for a moment to find out. Like the broker's own listener this one may reuse an address on which only
/// finished connections linger, so a broker that has just been killed does not block its own port.
async fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ports_differ_and_a_taken_one_is_refused() {
        let holder = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let held = holder.local_addr().unwrap().port();
        assert!(matches!(
            Ports::choose(Some(held), None).await,
            Err(SandboxError::PortTaken { port }) if port == held
        ));
        let ports = Ports::choose(None, None).await.unwrap();
        assert_ne!(ports.amqp, ports.management);
        assert_ne!(ports.amqp, ports.distribution);
        assert_ne!(ports.management, ports.distribution);
    }
}
