import { createPostgresBackend, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueBackend } from './execution-queue.js';

const workerOptions = (concurrency: number) => ({
  concurrency,
  // the lease in Postgres decides which worker runs an execution, so a stalled job may be retried any number of times
  lockDuration: 30_000,
  stalledInterval: 10_000,
  maxStalledCount: 1_000_000,
  drainDelay: 5,
});

/** Stores jobs in Redis. */
export function redisBackend(connect: { queue: () => Redis; worker: () => Redis }): QueueBackend {
  return {
    queue: (name) => new Queue(name, { connection: connect.queue(), prefix: 'millrace' }),
    worker: (name, processor, concurrency) =>
      new Worker(name, processor, {
        connection: connect.worker(),
        prefix: 'millrace',
        ...workerOptions(concurrency),
      }),
  };
}

/** Stores jobs in Postgres, in a schema of BullMQ. */
export async function postgresBackend(url: string, applicationName: string): Promise<QueueBackend> {
  const connection = (migrate: boolean) => ({
    connectionString: url,
    schema: 'bullmq',
    application_name: applicationName,
    migrate,
    max: 4,
  });
  const migrating = new Queue('executions', { connection: connection(true) }, createPostgresBackend);
  await migrating.waitUntilReady();
  await migrating.close();
  return {
    queue: (name) =>
      new Queue(name, { connection: connection(false) }, createPostgresBackend) as unknown as Queue,
    worker: (name, processor, concurrency) =>
      new Worker(
        name,
        processor,
        { connection: connection(false), ...workerOptions(concurrency) },
        createPostgresBackend,
      ) as unknown as Worker,
  };
}
