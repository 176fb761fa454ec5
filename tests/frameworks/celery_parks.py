"""Celery gives a task up: after one retry it is rejected, and the broker dead-letters it.

usage: celery_parks.py AMQP_URL QUEUE   (the dead letters lie in QUEUE.dead)
"""
import os
import sys
import time

import celery
from celery.contrib.testing.worker import start_worker
from celery.exceptions import MaxRetriesExceededError, Reject
from kombu import Queue

url, name = sys.argv[1:]
app = celery.Celery("shop", broker=url)
app.conf.update(
    task_queues=[
        Queue(name, routing_key=name, queue_arguments={
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": name + ".dead",
        })
    ],
    task_default_queue=name,
    task_default_exchange="",
    task_acks_late=True,
    task_ignore_result=True,
    worker_hijack_root_logger=False,
)


class SkuUnknown(Exception):
    """What the shop throws."""


@app.task(name="shop.stock.reserve", bind=True, max_retries=1)
def reserve(self, sku, amount=1):
    try:
        raise SkuUnknown(f"sku {sku} unknown")
    except SkuUnknown as why:
        try:
            self.retry(countdown=0)
        except MaxRetriesExceededError:
            raise Reject(why, requeue=False) from why


with app.connection_for_write() as connection:
    dead = Queue(name + ".dead", channel=connection.default_channel)
    dead.declare()
    reserve.apply_async(("Z",), {"amount": 2})
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        until = time.monotonic() + 60
        while dead.queue_declare(passive=True).message_count == 0:
            if time.monotonic() > until:
                sys.exit("the task did not die")
            time.sleep(0.1)
        # The worker would wait for its next heartbeat before it ends.
        os._exit(0)
