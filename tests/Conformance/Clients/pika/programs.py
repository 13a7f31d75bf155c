"""Programs with pika, as its users write them: programs.py CASE URI. Ends with 0 when the case went as it should."""
import os
import signal
import sys
import threading
import time

import pika
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, NackError, UnroutableError

URI = sys.argv[2]
PREFIX = "pika-%d-" % os.getpid()


def parameters(**options):
    found = pika.URLParameters(URI)
    for name, value in options.items():
        setattr(found, name, value)
    return found


def connect(**options):
    return pika.BlockingConnection(parameters(**options))


def bodies(channel, queue):
    found = []
    while True:
        method, _, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            return found
        found.append(body.decode())


def until(connection, condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in %d s" % seconds
        connection.process_data_events(time_limit=0.05)


def die_with_work_in_hand(queue):
    """A process that takes 25 messages, acknowledges 5 of them and is killed."""
    connection = connect()
    channel = connection.channel()
    held = []
    channel.basic_qos(prefetch_count=20)
    channel.basic_consume(queue, lambda ch, m, p, body: held.append(m.delivery_tag))
    until(connection, lambda: len(held) == 20)
    channel.basic_ack(held[4], multiple=True)
    until(connection, lambda: len(held) == 25)
    os.kill(os.getpid(), signal.SIGKILL)


def work_queue():
    queue = PREFIX + "work"
    connection = connect()
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare(queue, durable=True)
    for i in range(100):
        channel.basic_publish("", queue, str(i), pika.BasicProperties(delivery_mode=2))

    dying = os.fork()
    if dying == 0:
        die_with_work_in_hand(queue)
    os.waitpid(dying, 0)

    done = []

    def work(ch, method, _, body):
        done.append((int(body), method.redelivered))
        ch.basic_ack(method.delivery_tag)

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue, work)
    until(connection, lambda: len(done) == 95)
    assert sorted(n for n, _ in done) == list(range(5, 100)), done
    assert all(again for n, again in done if n < 25), done
    channel.queue_delete(queue)
    connection.close()


def publish_subscribe():
    connection = connect()
    channel = connection.channel()
    channel.exchange_declare(PREFIX + "logs", "fanout", auto_delete=True)
    queues = [channel.queue_declare("", exclusive=True).method.queue for _ in range(3)]
    for queue in queues:
        channel.queue_bind(queue, PREFIX + "logs")
    for i in range(10):
        channel.basic_publish(PREFIX + "logs", "", str(i))
    for queue in queues:
        assert bodies(channel, queue) == [str(i) for i in range(10)]
    connection.close()


def topics():
    connection = connect()
    channel = connection.channel()
    channel.exchange_declare(PREFIX + "topic", "topic", auto_delete=True)
    wanted = {"#": "a a.b a.b.c", "a.*": "a.b", "a.#": "a a.b a.b.c", "*.b.#": "a.b a.b.c"}
    queues = {}
    for pattern in wanted:
        queues[pattern] = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queues[pattern], PREFIX + "topic", pattern)
    for key in ("a", "a.b", "a.b.c"):
        channel.basic_publish(PREFIX + "topic", key, key)
    for pattern, queue in queues.items():
        assert " ".join(bodies(channel, queue)) == wanted[pattern], pattern
    connection.close()


def rpc():
    server = connect()
    serving = server.channel()
    queue = serving.queue_declare("", exclusive=True, auto_delete=True).method.queue

    def serve(ch, _, properties, body):
        ch.basic_publish("", properties.reply_to, body.upper(),
                         pika.BasicProperties(correlation_id=properties.correlation_id))

    serving.basic_consume(queue, serve, auto_ack=True)
    client = connect()
    calling = client.channel()
    answers = {}
    calling.basic_consume("amq.rabbitmq.reply-to",
                          lambda ch, m, p, body: answers.update({p.correlation_id: body}), auto_ack=True)
    for i in range(50):
        calling.basic_publish("", queue, "call %d" % i, pika.BasicProperties(
            reply_to="amq.rabbitmq.reply-to", correlation_id=str(i)))
    until(server, lambda: client.process_data_events(time_limit=0) or len(answers) == 50)
    assert answers["7"] == b"CALL 7", answers["7"]
    client.close()
    server.close()


def confirms():
    connection = connect()
    channel = connection.channel()
    channel.confirm_delivery()
    queue = PREFIX + "small"
    channel.queue_declare(queue, exclusive=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    channel.basic_publish("", queue, "fits")
    try:
        channel.basic_publish("", queue, "does not")
        raise AssertionError("not refused")
    except NackError:
        pass
    try:
        channel.basic_publish("", PREFIX + "nowhere", "x", mandatory=True)
        raise AssertionError("not returned")
    except UnroutableError as error:
        assert error.messages[0].method.reply_code == 312
    connection.close()


def transactions():
    connection = connect()
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.tx_select()
    channel.basic_publish("", queue, "lost")
    channel.tx_rollback()
    channel.basic_publish("", queue, "kept")
    assert channel.queue_declare(queue, passive=True).method.message_count == 0
    channel.tx_commit()
    assert bodies(channel, queue) == ["kept"]
    connection.close()


def retry():
    connection = connect()
    channel = connection.channel()
    work, delay = PREFIX + "retry", PREFIX + "delay"
    channel.queue_declare(work, arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": delay})
    channel.queue_declare(delay, arguments={
        "x-dead-letter-exchange": "", "x-dead-letter-routing-key": work, "x-message-ttl": 50})
    attempts = []

    def work_on(ch, method, properties, body):
        deaths = (properties.headers or {}).get("x-death", [])
        attempts.append([(death["queue"], death["reason"], death["count"]) for death in deaths])
        if len(attempts) < 4:
            ch.basic_reject(method.delivery_tag, requeue=False)
        else:
            ch.basic_ack(method.delivery_tag)

    channel.basic_consume(work, work_on)
    channel.basic_publish("", work, "task")
    until(connection, lambda: len(attempts) == 4)
    assert attempts[0] == []
    assert attempts[3] == [(delay, "expired", 3), (work, "rejected", 3)], attempts
    channel.queue_delete(work)
    channel.queue_delete(delay)
    connection.close()


def priorities():
    connection = connect()
    channel = connection.channel()
    queue = channel.queue_declare(PREFIX + "priority", exclusive=True, arguments={"x-max-priority": 5}).method.queue
    for priority in (0, 3, 5, 1, 5):
        channel.basic_publish("", queue, "p%d" % priority, pika.BasicProperties(priority=priority))
    assert bodies(channel, queue) == ["p5", "p5", "p3", "p1", "p0"]
    connection.close()


def headers():
    connection = connect()
    channel = connection.channel()
    channel.exchange_declare(PREFIX + "headers", "headers", auto_delete=True)
    every = channel.queue_declare("", exclusive=True).method.queue
    either = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(every, PREFIX + "headers", arguments={"x-match": "all", "a": 1, "b": "two"})
    channel.queue_bind(either, PREFIX + "headers", arguments={"x-match": "any", "a": 1, "b": "two"})
    for name, table in (("both", {"a": 1, "b": "two"}), ("one", {"a": 1}), ("none", {"a": 2})):
        channel.basic_publish(PREFIX + "headers", "", name, pika.BasicProperties(headers=table))
    assert bodies(channel, every) == ["both"]
    assert bodies(channel, either) == ["both", "one"]
    sent = {"i": 5, "l": 1 << 40, "s": "text", "b": True, "n": None, "list": [1, "x", [False]], "t": {"u": 1}}
    channel.basic_publish("", every, "x", pika.BasicProperties(headers=sent, timestamp=1234567890, app_id="me"))
    _, properties, _ = channel.basic_get(every, auto_ack=True)
    assert properties.headers == sent, properties.headers
    assert (properties.timestamp, properties.app_id) == (1234567890, "me")
    connection.close()


def large():
    connection = connect()
    channel = connection.channel()
    channel.confirm_delivery()
    queue = channel.queue_declare("", exclusive=True).method.queue
    body = os.urandom(1 << 20) * 64
    channel.basic_publish("", queue, body)
    _, _, got = channel.basic_get(queue, auto_ack=True)
    assert got == body, len(got)
    connection.close()


def channels():
    connection = connect()
    opened = [connection.channel() for _ in range(1000)]
    queues = [channel.queue_declare("", exclusive=True).method.queue for channel in opened]
    assert len(set(queues)) == 1000
    opened[0].confirm_delivery()
    opened[0].basic_publish("", queues[999], "across")
    assert bodies(opened[999], queues[999]) == ["across"]
    for channel in opened:
        channel.close()
    connection.close()


def channel_error():
    connection = connect()
    channel = connection.channel()
    try:
        channel.queue_declare(PREFIX + "missing", passive=True)
        raise AssertionError("not refused")
    except ChannelClosedByBroker as error:
        assert error.reply_code == 404, error
        assert error.reply_text == "NOT_FOUND - no queue '%smissing' in vhost '/'" % PREFIX, error
    assert channel.is_closed and connection.is_open
    again = connection.channel()
    queue = again.queue_declare("", exclusive=True).method.queue
    again.basic_publish("", queue, "on")
    assert bodies(again, queue) == ["on"]
    connection.close()


def cancel_notify():
    connection = connect()
    channel = connection.channel()
    queue = channel.queue_declare(PREFIX + "cancelled").method.queue
    cancelled = []
    channel.add_on_cancel_callback(lambda frame: cancelled.append(frame.method.consumer_tag))
    tag = channel.basic_consume(queue, lambda *_: None)
    other = connect()
    other.channel().queue_delete(queue)
    until(connection, lambda: cancelled == [tag])
    other.close()
    connection.close()


def heartbeats():
    """One connection answers heartbeats, the other does nothing for longer than two intervals."""
    alive = connect(heartbeat=1)
    silent = connect(heartbeat=1)
    channel = alive.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    end = time.monotonic() + 4.5
    while time.monotonic() < end:
        alive.process_data_events(time_limit=0.2)
    channel.basic_publish("", queue, "alive")
    assert bodies(channel, queue) == ["alive"]
    try:
        silent.channel()
        raise AssertionError("the silent connection was not cut off")
    except (AMQPConnectionError, ConnectionError):
        pass
    alive.close()


def single_active_consumer():
    connection = connect()
    channel = connection.channel()
    queue = channel.queue_declare(PREFIX + "sac", arguments={"x-single-active-consumer": True}).method.queue
    first, second = [], []
    one = channel.basic_consume(queue, lambda ch, m, p, body: first.append(body), auto_ack=True)
    channel.basic_consume(queue, lambda ch, m, p, body: second.append(body), auto_ack=True)
    for i in range(4):
        channel.basic_publish("", queue, str(i))
    until(connection, lambda: len(first) == 4)
    channel.basic_cancel(one)
    channel.basic_publish("", queue, "next")
    until(connection, lambda: second == [b"next"])
    channel.queue_delete(queue)
    connection.close()


def threads():
    """Publishers and consumers in threads of their own, each with its connection."""
    queue = PREFIX + "threads"
    setup = connect()
    setup.channel().queue_declare(queue)
    received = []

    def produce(first):
        connection = connect()
        channel = connection.channel()
        channel.confirm_delivery()
        for i in range(first, first + 100):
            channel.basic_publish("", queue, str(i))
        connection.close()

    def consume():
        connection = connect()
        channel = connection.channel()
        channel.basic_qos(prefetch_count=10)
        for method, _, body in channel.consume(queue, inactivity_timeout=3):
            if method is None:
                break
            received.append(int(body))
            channel.basic_ack(method.delivery_tag)
        channel.cancel()
        connection.close()

    running = [threading.Thread(target=produce, args=(n * 100,)) for n in range(4)]
    running += [threading.Thread(target=consume) for _ in range(3)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert sorted(received) == list(range(400)), len(received)
    setup.channel().queue_delete(queue)
    setup.close()


globals()[sys.argv[1]]()
print("ok")
