import { until } from '../../test/support/until.js';
import type { Receiver } from './receiver.js';
import type { TestCluster } from './test-cluster.js';
import type { Counters } from './counters.js';

/** Waits until no delivery is pending, and compares the received messages with the ends of runs. */
export async function checkDeliveries(
  cluster: TestCluster,
  receiver: Receiver,
  tasks: readonly string[],
  counters: Counters,
): Promise<void> {
  counters.place = '[webhooks]';
  const pending = () =>
    cluster.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM webhook_deliveries WHERE status = 'pending'",
    );
  await until(async () => (await pending())[0]?.n === 0, {
    timeout: 180_000,
    what: 'the last delivery',
  }).catch(() => undefined);
  const rows = await cluster.query<{ id: string; status: string; event: string; execution: string }>(
    "SELECT id, status, event, data->>'execution_id' AS execution FROM webhook_deliveries",
  );
  for (const { id, status } of rows)
    counters.check(
      'webhook delivered',
      status === 'delivered' && receiver.accepted.has(id),
      `${id} ${status}`,
    );
  // the transaction that ends a run also creates its deliveries
  const ends = await cluster.query<{ id: string; status: string }>(
    'SELECT e.id, e.status FROM tasks t JOIN executions e ON e.id = t.execution_id WHERE t.id = ANY($1)',
    [tasks],
  );
  const published = new Map<string, number>();
  for (const { event, execution } of rows) {
    const key = `${event} ${execution}`;
    published.set(key, (published.get(key) ?? 0) + 1);
  }
  for (const { id, status } of ends) {
    if (status === 'cancelled') continue;
    const count = published.get(`task.${status} ${id}`) ?? 0;
    counters.check('each end is published by one webhook', count === 1, `${id} ${status}: ${count}`);
  }
}
