//! The schemas of the sample shop, as a folder to begin with.

/// The schemas that the shop's teams agreed on: event type, version, content.
pub(crate) const SCHEMAS: [(&str, &str, &str); 3] = [
    (
        "order.created",
        "1",
        include_str!("../../assets/schemas/order.created/1.schema.json"),
    ),
    (
        "order.created",
        "2",
        include_str!("../../assets/schemas/order.created/2.schema.json"),
    ),
    (
        "payment.captured",
        "1",
        include_str!("../../assets/schemas/payment.captured/1.schema.json"),
    ),
];
