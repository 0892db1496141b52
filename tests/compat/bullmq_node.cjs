// Runs a piece of JavaScript, read from standard input, against one queue by Node's BullMQ, and
// prints what it returns as JSON.
//   node bullmq_node.cjs SOCKET QUEUE
'use strict';
const { Queue, QueueEvents, Worker } = require('bullmq');

const [path, name] = process.argv.slice(2);
const connection = { path, maxRetriesPerRequest: null };
const opened = [];
const open = thing => (opened.push(thing), thing);

const given = {
  name,
  connection,
  queue: open(new Queue(name, { connection })),
  events: async () => {
    const events = open(new QueueEvents(name, { connection }));
    await events.waitUntilReady();
    return events;
  },
  // Resolves when so many jobs have ended here, with what they were, in order. `patient`: whatever
  // becomes of the connection.
  work: (count, processor, options = {}) => new Promise((resolve, reject) => {
    const ended = [];
    const worker = open(new Worker(name, processor, { connection, stalledInterval: 500, ...options }));
    const note = (job, failure) => {
      ended.push({ id: job.id, failure });
      if (ended.length === count) resolve(ended);
    };
    worker.on('completed', job => note(job));
    worker.on('failed', (job, error) => note(job, error.message));
    worker.on('error', options.patient ? () => {} : reject);
  }),
  // The queue as bull-board's page gets it.
  board: async () => {
    const { queuesHandler } = require('@bull-board/api/dist/handlers/queues.js');
    const { BullMQAdapter } = require('@bull-board/api/bullMQAdapter');
    const query = { activeQueue: name, status: 'latest', page: '1', jobsPerPage: '10' };
    const queues = new Map([[name, new BullMQAdapter(given.queue)]]);
    const answer = await queuesHandler({ queues, query, uiConfig: {}, params: {}, headers: {} });
    return answer.body.queues[0];
  },
  until: async condition => {
    while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 5));
  },
};

async function main() {
  let source = '';
  for await (const piece of process.stdin) source += piece;
  const names = Object.keys(given);
  const AsyncFunction = main.constructor;
  const result = await new AsyncFunction(...names, source)(...Object.values(given));
  process.stdout.write(JSON.stringify(result ?? null), () => process.exit(0));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
