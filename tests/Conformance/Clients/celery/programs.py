"""Programs with kombu and Celery: programs.py CASE URI. Ends with 0 when the case went as it should."""
import os
import socket
import subprocess
import sys

from kombu import Connection, Consumer, Exchange, Producer, Queue

URI = sys.argv[2]
PREFIX = "kombu-%d-" % os.getpid()


def simple_queue():
    with Connection(URI) as connection:
        queue = connection.SimpleQueue(PREFIX + "simple")
        for i in range(20):
            queue.put({"number": i, "text": "\u20ac"}, compression="zlib")
        for i in range(20):
            message = queue.get(timeout=10)
            assert message.payload == {"number": i, "text": "\u20ac"}, message.payload
            message.ack()
        queue.clear()
        queue.close()
        connection.channel().queue_delete(PREFIX + "simple")


def topics():
    exchange = Exchange(PREFIX + "topic", "topic", durable=True, auto_delete=True)
    queue = Queue(PREFIX + "topics", exchange, routing_key="task.#", auto_delete=True)
    received = []
    with Connection(URI, heartbeat=10) as connection:
        with connection.channel() as channel:
            producer = Producer(channel, exchange, serializer="json")
            with Consumer(channel, [queue], callbacks=[lambda body, message: (received.append(body), message.ack())]):
                for key in ("task.add", "other", "task"):
                    producer.publish({"key": key}, routing_key=key, declare=[exchange, queue], retry=True)
                while len(received) < 2:
                    connection.drain_events(timeout=10)
                    connection.heartbeat_check()
    assert received == [{"key": "task.add"}, {"key": "task"}], received


def reject_and_requeue():
    queue = Queue(PREFIX + "requeue", Exchange(""), routing_key=PREFIX + "requeue", durable=False, auto_delete=True)
    seen = []

    def handle(body, message):
        seen.append(message.delivery_info["redelivered"])
        if len(seen) == 1:
            message.requeue()
        elif len(seen) == 2:
            message.reject()

    with Connection(URI) as connection:
        with Consumer(connection.channel(), [queue], callbacks=[handle]):
            Producer(connection.channel()).publish("x", routing_key=PREFIX + "requeue")
            while len(seen) < 2:
                connection.drain_events(timeout=10)
            try:
                connection.drain_events(timeout=0.3)
                raise AssertionError("rejected, and came again")
            except socket.timeout:
                pass
    assert seen == [False, True], seen


def confirms():
    with Connection(URI, transport_options={"confirm_publish": True}) as connection:
        with connection.channel() as channel:
            queue = Queue(PREFIX + "confirmed", durable=True)(channel)
            queue.declare()
            producer = Producer(channel)
            for i in range(50):
                producer.publish(str(i), routing_key=queue.name, delivery_mode=2)
            assert queue.queue_declare(passive=True).message_count == 50
            queue.delete()


def celery():
    """A worker in a process of its own does tasks, retries and fails, and its results come back."""
    os.environ["CONFORMANCE_URI"] = URI
    os.environ["CONFORMANCE_QUEUE"] = PREFIX + "celery"
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-c", "2", "-l", "INFO",
         "--without-gossip", "--without-mingle", "-n", "worker-%d@localhost" % os.getpid()], cwd=here)
    try:
        import tasks
        results = [tasks.add.apply_async((i, i), priority=i % 5) for i in range(30)]
        assert [result.get(timeout=40) for result in results] == [2 * i for i in range(30)]
        assert tasks.flaky.delay().get(timeout=20) == 2
        try:
            tasks.fail.delay().get(timeout=20)
            raise AssertionError("did not fail")
        except ValueError as error:
            assert str(error) == "on purpose"
        assert any(tasks.app.control.inspect(timeout=5).ping() or {}), "the worker does not answer a ping"
    finally:
        worker.terminate()
        worker.wait(20)


globals()[sys.argv[1]]()
print("ok")
