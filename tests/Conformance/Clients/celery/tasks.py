"""A Celery application with its broker from CONFORMANCE_URI and results through the broker."""
import os

from celery import Celery

NAME = os.environ["CONFORMANCE_QUEUE"]
app = Celery("tasks", broker=os.environ["CONFORMANCE_URI"], backend="rpc://")
app.conf.update(
    task_default_queue=NAME,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_queue_max_priority=5,
    broker_connection_retry_on_startup=True,
)


@app.task
def add(x, y):
    return x + y


@app.task(bind=True, max_retries=3)
def flaky(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries


@app.task
def fail():
    raise ValueError("on purpose")
