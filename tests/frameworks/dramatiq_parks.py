"""Dramatiq gives a message up after one retry and moves it to QUEUE.XQ.

usage: dramatiq_parks.py AMQP_URL QUEUE
"""
import sys
import time

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

url, name = sys.argv[1:]
broker = RabbitmqBroker(url=url)
dramatiq.set_broker(broker)


class SkuUnknown(Exception):
    """What the shop throws."""


@dramatiq.actor(queue_name=name, max_retries=1, min_backoff=10, max_backoff=20)
def reserve(sku, amount=1):
    try:
        raise KeyError(sku)
    except KeyError as why:
        raise SkuUnknown(f"sku {sku} unknown") from why


reserve.send("Z", amount=2)
worker = dramatiq.Worker(broker, worker_timeout=100)
worker.start()
until = time.monotonic() + 60
while broker.get_queue_message_counts(name)[2] == 0:
    if time.monotonic() > until:
        sys.exit("the message did not die")
    time.sleep(0.1)
worker.stop()
broker.close()
