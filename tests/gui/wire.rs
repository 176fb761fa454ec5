//! The calls of D-Bus and of AT-SPI that the driver makes, and nothing above them.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type, Value};

/// An app under a software renderer may be busy drawing for seconds.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// A bus name and an object path: how AT-SPI refers to an object.
pub(super) type Reference = (String, OwnedObjectPath);

/// One entry of `Cache.GetItems`: the object, its application, its parent, its index
/// in the parent, the number of children, interfaces, name, role, description, states.
pub(super) type CacheItem = (
    Reference,
    Reference,
    Reference,
    i32,
    i32,
    Vec<String>,
    String,
    u32,
    String,
    Vec<u32>,
);

/// The session bus, needed only to find the accessibility bus.
pub(super) struct Session(Connection);

impl Session {
    pub(super) fn connect(address: &str) -> Result<Self> {
        connect(address)
            .map(Self)
            .context("connecting to the session bus")
    }

    /// The one switch that makes toolkits such as AccessKit publish their tree.
    pub(super) fn enable_accessibility(&self) -> Result<()> {
        self.0
            .call_method(
                Some("org.a11y.Bus"),
                "/org/a11y/bus",
                Some("org.freedesktop.DBus.Properties"),
                "Set",
                &("org.a11y.Status", "IsEnabled", Value::from(true)),
            )
            .context("switching accessibility on")?;
        Ok(())
    }

    pub(super) fn accessibility_bus(&self) -> Result<AccessibilityBus> {
        let reply = self
            .0
            .call_method(
                Some("org.a11y.Bus"),
                "/org/a11y/bus",
                Some("org.a11y.Bus"),
                "GetAddress",
                &(),
            )
            .context("asking for the accessibility bus")?;
        let address: String = reply.body().deserialize()?;
        connect(&address)
            .map(AccessibilityBus)
            .context("connecting to the accessibility bus")
    }
}

/// The bus on which applications publish their accessible trees.
#[derive(Clone, Debug)]
pub(super) struct AccessibilityBus(Connection);

impl AccessibilityBus {
    /// The bus name of the application with this process id, once it has registered.
    pub(super) fn application(&self, pid: u32) -> Result<Option<String>> {
        let applications: Vec<Reference> = self.call(
            "org.a11y.atspi.Registry",
            "/org/a11y/atspi/accessible/root",
            "org.a11y.atspi.Accessible",
            "GetChildren",
            &(),
        )?;
        // An application that went away in the meantime is an error here, not a match.
        Ok(applications.into_iter().map(|(name, _)| name).find(|name| {
            let owner: Result<u32> = self.call(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "GetConnectionUnixProcessID",
                &name,
            );
            owner.is_ok_and(|owner| owner == pid)
        }))
    }

    /// The whole tree of an application in one call.
    pub(super) fn items(&self, application: &str) -> Result<Vec<CacheItem>> {
        self.call(
            application,
            "/org/a11y/atspi/cache",
            "org.a11y.atspi.Cache",
            "GetItems",
            &(),
        )
    }

    /// Calls a method of one of the object's `org.a11y.atspi` interfaces.
    pub(super) fn ask<T>(
        &self,
        object: &Reference,
        interface: &str,
        method: &str,
        arguments: &(impl serde::Serialize + DynamicType),
    ) -> Result<T>
    where
        T: DeserializeOwned + Type,
    {
        let interface = format!("org.a11y.atspi.{interface}");
        self.call(&object.0, object.1.as_str(), &interface, method, arguments)
    }

    /// The object's `Value.CurrentValue`, of sliders and number fields.
    pub(super) fn current_value(&self, object: &Reference) -> Result<f64> {
        let value: OwnedValue = self.call(
            &object.0,
            object.1.as_str(),
            "org.freedesktop.DBus.Properties",
            "Get",
            &("org.a11y.atspi.Value", "CurrentValue"),
        )?;
        Ok(f64::try_from(value)?)
    }

    fn call<T>(
        &self,
        destination: &str,
        path: &str,
        interface: &str,
        method: &str,
        arguments: &(impl serde::Serialize + DynamicType),
    ) -> Result<T>
    where
        T: DeserializeOwned + Type,
    {
        let reply = self
            .0
            .call_method(Some(destination), path, Some(interface), method, arguments)
            .with_context(|| format!("{interface}.{method} at {path}"))?;
        Ok(reply.body().deserialize()?)
    }
}

fn connect(address: &str) -> Result<Connection> {
    Ok(Builder::address(address)?
        .method_timeout(CALL_LIMIT)
        .build()?)
}
