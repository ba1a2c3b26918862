import { Queue } from 'bullmq';
import type { RedisServer } from './redis-server.js';

/**
 * Adds jobs to the queue without the server: `offer` removes the job of an execution, even if a worker has taken it, and adds it again,
 * so that it is delivered a second time.
 */
export async function offerJobs(
  redis: RedisServer,
  work: (offer: (id: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const queue = new Queue('executions', { connection: { url: redis.url }, prefix: 'millrace' });
  const options = { removeOnComplete: true, removeOnFail: true, priority: 1 };
  try {
    await work(async (id) => {
      await redis.use((client) => client.del(`millrace:executions:${id}`));
      await queue.add('run', {}, { jobId: id, ...options }).catch(() => undefined);
    });
  } finally {
    await queue.close();
  }
}
