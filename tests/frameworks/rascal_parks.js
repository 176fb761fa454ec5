// Rascal republishes what failed once, then forwards it to a queue for dead letters.
// usage: rascal_parks.js AMQP_URL QUEUE   (run it in a folder with node_modules)
const [url, queue] = process.argv.slice(2);
const { createRequire } = require('module');
const { BrokerAsPromised: Broker, withDefaultConfig } = createRequire(process.cwd() + '/')('rascal');

const vhost = decodeURIComponent(new URL(url).pathname.slice(1));
const config = {
  vhosts: {
    [vhost]: {
      connection: { url },
      exchanges: { shop: { type: 'topic' } },
      queues: { [queue]: {}, [`${queue}.dead`]: {} },
      bindings: [`shop[stock.#] -> ${queue}`],
      publications: {
        order: { exchange: 'shop', routingKey: 'stock.reserve' },
        dead: { queue: `${queue}.dead` },
      },
      subscriptions: {
        work: {
          queue,
          recovery: [
            { strategy: 'republish', attempts: 1 },
            { strategy: 'forward', attempts: 1, publication: 'dead' },
          ],
        },
      },
    },
  },
};

setTimeout(() => {
  console.error('the message did not die');
  process.exit(1);
}, 60000).unref();

(async () => {
  const broker = await Broker.create(withDefaultConfig(config));
  broker.on('error', (why) => console.error(why.message));
  const subscription = await broker.subscribe('work');
  let recovered = 0;
  const done = new Promise((resolve) => {
    subscription.on('message', (_message, content, ackOrNack) => {
      const why = new Error(`sku ${content.sku} unknown`, { cause: new TypeError('no such sku') });
      why.code = 'SKU_UNKNOWN';
      ackOrNack(why, config.vhosts[vhost].subscriptions.work.recovery, () => {
        recovered += 1;
        if (recovered === 2) resolve();
      });
    });
  });
  await broker.publish('order', { sku: 'Z', amount: 2 }, { options: { messageId: 'r-1' } });
  await done;
  await broker.shutdown();
})().catch((why) => {
  console.error(why);
  process.exit(1);
});
