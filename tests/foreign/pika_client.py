"""A client that knows nothing of the app: publishes messages with all that pika can write, and
reads messages back with the types that pika sees.

    pika_client.py PORT USER PASSWORD VHOST publish EXCHANGE
    pika_client.py PORT USER PASSWORD VHOST read QUEUE reject|ack
"""

import gzip
import hashlib
import json
import sys
from datetime import datetime
from decimal import Decimal

import pika
from pika.compat import long


def headers():
    """One header of each type that pika writes. Names are sorted, as the app sends them sorted."""
    return {
        "array": [1, "two", [None, True], {"in": "a table"}],
        "bool": False,
        "bytes": b"\x00\xff\xfe",
        "decimal": Decimal("12.50") + Decimal("0.05"),
        "empty": "",
        "int32": -(2**31),
        "int64": long(-(2**63)),
        "large": 2**40,
        "table": {"deep": {"deeper": {}}, "list": []},
        "text": "Grüße, 世界",
        "time": datetime(2023, 11, 14, 22, 13, 20),
        "void": None,
    }


def full(user, expiration):
    """All 14 properties."""
    return pika.BasicProperties(
        content_type="application/json",
        content_encoding="identity",
        headers=headers(),
        delivery_mode=2,
        priority=7,
        correlation_id="correlation",
        reply_to="reply.here",
        expiration=expiration,
        message_id="id-1",
        timestamp=1_700_000_000,
        type="OrderCreated",
        user_id=user,
        app_id="pika",
        cluster_id="cluster",
    )


def publish(channel, exchange, user):
    json_body = '{"total": 12.50, "größe": "L"}'.encode()
    zipped = pika.BasicProperties(content_type="application/json", content_encoding="gzip")
    plain = pika.BasicProperties()
    messages = [
        ("order.full", full(user, "3600000"), json_body),
        ("order.bare", plain, b""),
        ("order.binary", pika.BasicProperties(headers={"kind": "bytes"}), bytes(range(256)) * 3),
        ("order.gzip", zipped, gzip.compress(json_body, mtime=0)),
        ("order.large", plain, bytes(i * 7 % 251 for i in range(1_000_003)) * 15),
        ("expire.full", full(user, "1"), json_body),
    ]
    channel.confirm_delivery()
    for key, properties, body in messages:
        channel.basic_publish(exchange, key, body, properties, mandatory=True)


def typed(value):
    """A value with its type, as pika reads it."""
    if isinstance(value, dict):
        return {name: typed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    return f"{type(value).__name__} {value!r}"


def read(channel, queue, answer):
    while True:
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return
        seen = {name: typed(value) for name, value in vars(properties).items()}
        seen["routing_key"] = method.routing_key
        seen["exchange"] = method.exchange
        seen["body"] = f"{len(body)} {hashlib.sha256(body).hexdigest()}"
        print(json.dumps(seen))
        if answer == "ack":
            channel.basic_ack(method.delivery_tag)
        else:
            channel.basic_reject(method.delivery_tag, requeue=False)


def main():
    port, user, password, vhost, command, name, *answer = sys.argv[1:]
    login = pika.PlainCredentials(user, password)
    place = pika.ConnectionParameters("127.0.0.1", int(port), vhost, login)
    connection = pika.BlockingConnection(place)
    channel = connection.channel()
    if command == "publish":
        publish(channel, name, user)
    else:
        read(channel, name, *answer)
    connection.close()


main()
