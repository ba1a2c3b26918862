import { createPostgresBackend, Queue } from 'bullmq';
import { query } from './database.js';
import type { RedisServer } from './redis-server.js';

/**
 * Adds jobs to the queue without the server: `offer` removes the job of an execution, even if a worker has taken it, and adds it again,
 * so that it is delivered a second time.
 */
export async function offerJobs(
  { redis, url }: { redis: RedisServer | undefined; url: string },
  work: (offer: (id: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const queue = redis
    ? new Queue('executions', { connection: { url: redis.url }, prefix: 'millrace' })
    : (new Queue(
        'executions',
        { connection: { connectionString: url, schema: 'bullmq', migrate: false, max: 4 } },
        createPostgresBackend,
      ) as unknown as Queue);
  const options = { removeOnComplete: true, removeOnFail: true, priority: 1 };
  try {
    await work(async (id) => {
      if (redis) await redis.use((client) => client.del(`millrace:executions:${id}`));
      else await query(url, 'DELETE FROM bullmq.job WHERE id = $1', [id]).catch(() => undefined);
      await queue.add('run', {}, { jobId: id, ...options }).catch(() => undefined);
    });
  } finally {
    await queue.close();
  }
}
