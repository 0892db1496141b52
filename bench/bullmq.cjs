// The same as bullmq.cc, by Node's BullMQ; without what starting Node takes.
//   node bullmq.cjs SOCKET QUEUE JOBS CONCURRENCY
'use strict';
const { Queue, Worker } = require('bullmq');

const [path, name, jobs, concurrency] = process.argv.slice(2).map(word => (/^\d+$/.test(word) ? Number(word) : word));
const connection = { path, maxRetriesPerRequest: null };

async function measure(work) {
  const begin = performance.now();
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return [(performance.now() - begin) / 1e3, (used.user + used.system) / 1e6];
}

async function main() {
  const queue = new Queue(name, { connection });
  await queue.waitUntilReady();
  const result = {};
  let next = 0;
  const adder = async () => {
    while (next < jobs) {
      const submissionId = `job-${next++}`;
      await queue.add('submission', { submissionId }, { jobId: submissionId, priority: 101 });
    }
  };
  result.add = await measure(() => Promise.all(Array.from({ length: concurrency }, adder)));
  result.work = await measure(() => new Promise((resolve, reject) => {
    let left = jobs;
    const worker = new Worker(name, async () => null, { connection, concurrency, removeOnComplete: { count: 1000 } });
    worker.on('completed', () => --left === 0 && resolve());
    worker.on('error', reject);
  }));
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
