"""A publisher or a consumer that comes back whenever its connection ends, and says on its output what happened.

pika_client.py publish|consume HOST PREFIX QUEUE...; it ends at the end of its input.
"""
import os
import select
import sys

import pika
import pika.exceptions

ROLE, HOST, PREFIX = sys.argv[1:4]
QUEUES = sys.argv[4:]
LOST = (pika.exceptions.AMQPError, OSError)


def say(*words):
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def told_to_end():
    return bool(select.select([sys.stdin], [], [], 0)[0]) and os.read(sys.stdin.fileno(), 1) == b""


def connect():
    return pika.BlockingConnection(pika.ConnectionParameters(
        HOST, heartbeat=60, socket_timeout=5, blocked_connection_timeout=30))


def publish(connection):
    channel = connection.channel()
    channel.confirm_delivery()
    say("connected")
    persistent = pika.BasicProperties(delivery_mode=2)
    while not told_to_end():
        queue = QUEUES[publish.next % len(QUEUES)]
        body = "%s-%d" % (PREFIX, publish.next)
        publish.next += 1
        try:
            channel.basic_publish("", queue, body, persistent, mandatory=True)
            say("confirmed", queue, body)
        except pika.exceptions.NackError:
            say("nacked", queue, body)
        except pika.exceptions.UnroutableError:
            say("returned", queue, body)
        connection.sleep(0.002)


publish.next = 0
cancelled_channels = set()


def consume(connection):
    """A channel for each queue: one whose home is down is tried again while the others go on."""
    channels = {}
    cancelled_channels.clear()
    say("connected")
    while not told_to_end():
        for queue in QUEUES:
            channel = channels.get(queue)
            if channel in cancelled_channels:
                cancelled_channels.discard(channel)
                channel.close()
            if channel is None or not channel.is_open:
                channels[queue] = begin(connection, queue)
        connection.process_data_events(time_limit=0.1)
    connection.close()


def begin(connection, queue):
    channel = connection.channel()
    channel.basic_qos(prefetch_count=20)

    def got(_, method, __, body):
        say("got", queue, body.decode(), int(method.redelivered))
        channel.basic_ack(method.delivery_tag)

    def cancelled(_):
        say("cancelled", queue)
        # It is said once; the next round begins anew.
        cancelled_channels.add(channel)

    channel.add_on_cancel_callback(cancelled)
    try:
        channel.basic_consume(queue, got)
    except pika.exceptions.ChannelClosedByBroker as error:
        say("refused", queue, error.reply_code)
        connection.sleep(0.2)
        return None
    return channel


while not told_to_end():
    try:
        if ROLE == "publish":
            publish(connect())
        else:
            consume(connect())
    except LOST as error:
        say("lost", type(error).__name__, str(error).replace("\n", " ")[:100])
        select.select([sys.stdin], [], [], 0.1)
