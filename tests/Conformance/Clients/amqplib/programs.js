// Programs with amqplib, as its users write them: node programs.js CASE URI.
// Ends with 0 when the case went as it should.
'use strict';
const amqp = require('amqplib');
const assert = require('node:assert');
const { randomBytes } = require('node:crypto');

const [, , name, uri] = process.argv;
const prefix = `amqplib-${process.pid}-`;

async function bodies(channel, queue) {
  const found = [];
  for (;;) {
    const message = await channel.get(queue, { noAck: true });
    if (!message) return found;
    found.push(message.content.toString());
  }
}

function collector(count) {
  const received = [];
  let full;
  const done = new Promise((resolve) => { full = resolve; });
  return {
    received,
    done,
    take(message) {
      received.push(message);
      if (received.length === count) full();
    },
  };
}

const cases = {
  async work_queue(connection) {
    const queue = `${prefix}work`;
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue(queue, { durable: true });
    for (let i = 0; i < 100; i++) channel.sendToQueue(queue, Buffer.from(`${i}`), { persistent: true });
    await channel.waitForConfirms();
    const dying = await amqp.connect(uri);
    dying.on('error', () => {});
    const dyingChannel = await dying.createChannel();
    dyingChannel.on('error', () => {});
    await dyingChannel.prefetch(10);
    const held = collector(10);
    await dyingChannel.consume(queue, (message) => held.take(message));
    await held.done;
    dying.connection.stream.destroy();
    const worked = collector(100);
    await channel.prefetch(5);
    const { consumerTag } = await channel.consume(queue, (message) => { channel.ack(message); worked.take(message); });
    await worked.done;
    const numbers = worked.received.map((message) => Number(message.content)).sort((a, b) => a - b);
    assert.deepStrictEqual(numbers, [...Array(100).keys()]);
    assert.strictEqual(worked.received.filter((message) => message.fields.redelivered).length, 10);
    await channel.cancel(consumerTag);
    await channel.deleteQueue(queue);
  },

  async topics(connection) {
    const channel = await connection.createChannel();
    const exchange = `${prefix}topic`;
    await channel.assertExchange(exchange, 'topic', { autoDelete: true });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, '*.error');
    for (const key of ['app.error', 'app.info', 'db.error']) channel.publish(exchange, key, Buffer.from(key));
    assert.deepStrictEqual(await bodies(channel, queue), ['app.error', 'db.error']);
  },

  async rpc(connection) {
    const server = await connection.createChannel();
    const { queue } = await server.assertQueue('', { exclusive: true });
    await server.consume(queue, (message) => {
      server.sendToQueue(message.properties.replyTo, Buffer.from(`${message.content}?`),
        { correlationId: message.properties.correlationId });
    }, { noAck: true });
    const client = await connection.createChannel();
    const answers = collector(20);
    await client.consume('amq.rabbitmq.reply-to', (message) => answers.take(message), { noAck: true });
    for (let i = 0; i < 20; i++) {
      client.sendToQueue(queue, Buffer.from(`${i}`), { replyTo: 'amq.rabbitmq.reply-to', correlationId: `c${i}` });
    }
    await answers.done;
    for (const answer of answers.received) assert.strictEqual(`c${answer.content}`, `${answer.properties.correlationId}?`);
  },

  async confirms_and_returns(connection) {
    const channel = await connection.createConfirmChannel();
    const queue = `${prefix}small`;
    const small = { exclusive: true, maxLength: 1, arguments: { 'x-overflow': 'reject-publish' } };
    await channel.assertQueue(queue, small);
    const publish = (text) => new Promise((resolve) => {
      channel.sendToQueue(queue, Buffer.from(text), {}, (error) => resolve(error ? 'nack' : 'ack'));
    });
    assert.deepStrictEqual([await publish('fits'), await publish('does not')], ['ack', 'nack']);
    const returned = new Promise((resolve) => channel.on('return', resolve));
    channel.publish('', `${prefix}nowhere`, Buffer.from('x'), { mandatory: true, messageId: 'm1' });
    const message = await returned;
    assert.strictEqual(message.fields.replyCode, 312);
    assert.strictEqual(message.properties.messageId, 'm1');
    await channel.waitForConfirms();
  },

  async dead_letters(connection) {
    const channel = await connection.createChannel();
    const dead = (await channel.assertQueue('', { exclusive: true })).queue;
    const work = (await channel.assertQueue('', {
      exclusive: true, messageTtl: 50, deadLetterExchange: '', deadLetterRoutingKey: dead,
    })).queue;
    const arrived = collector(1);
    await channel.consume(dead, (message) => arrived.take(message), { noAck: true });
    channel.sendToQueue(work, Buffer.from('late'), { headers: { mine: 1 } });
    await arrived.done;
    const { headers } = arrived.received[0].properties;
    assert.strictEqual(headers.mine, 1);
    assert.strictEqual(headers['x-death'][0].reason, 'expired');
    assert.strictEqual(headers['x-death'][0].queue, work);
    assert.strictEqual(headers['x-death'][0].count, 1);
  },

  async priorities(connection) {
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true, maxPriority: 10 });
    for (const priority of [1, 7, 3]) channel.sendToQueue(queue, Buffer.from(`p${priority}`), { priority });
    assert.deepStrictEqual(await bodies(channel, queue), ['p7', 'p3', 'p1']);
  },

  async large(connection) {
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    const body = Buffer.alloc(64 << 20, randomBytes(4096));
    channel.sendToQueue(queue, body);
    await channel.waitForConfirms();
    const message = await channel.get(queue, { noAck: true });
    assert.ok(message.content.equals(body), 'the body came back different');
  },

  async channel_error(connection) {
    const channel = await connection.createChannel();
    const failed = new Promise((resolve) => channel.on('error', resolve));
    await assert.rejects(channel.checkQueue(`${prefix}missing`), /404.*NOT_FOUND - no queue/);
    assert.strictEqual((await failed).code, 404);
    const next = await connection.createChannel();
    const { queue } = await next.assertQueue('', { exclusive: true });
    next.sendToQueue(queue, Buffer.from('on'));
    assert.deepStrictEqual(await bodies(next, queue), ['on']);
  },

  async cancelled_consumer(connection) {
    const channel = await connection.createChannel();
    const queue = `${prefix}cancelled`;
    await channel.assertQueue(queue, { durable: false });
    const cancelled = new Promise((resolve) => { channel.consume(queue, (message) => message === null && resolve()); });
    await channel.checkQueue(queue);
    const other = await connection.createChannel();
    await other.deleteQueue(queue);
    await cancelled;
  },

  async channels(connection) {
    const channels = await Promise.all([...Array(1000)].map(() => connection.createChannel()));
    const queues = await Promise.all(channels.map((channel) => channel.assertQueue('', { exclusive: true })));
    assert.strictEqual(new Set(queues.map(({ queue }) => queue)).size, 1000);
  },
};

(async () => {
  const connection = await amqp.connect(uri);
  await cases[name](connection);
  await connection.close();
  console.log('ok');
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
