import { residentMB } from '../support/child.mjs';
import { Subscribers } from '../support/subscribers.mjs';

const clients = 100;
const lines = 300_000;
const bulk = `sleep 1; yes ${'x'.repeat(99)} | head -n ${lines}`;
/** The most memory: each client may have 2 MiB buffered in its reader and 1 MiB in its socket. */
const mostMB = 3 * clients * 1.05 + 100;

/** Measures one stream to 100 clients at the same time. */
export default async function fanout(world, report) {
  const server = await world.millrace({ DATABASE_URL: await world.fresh('fanout') });
  const api = await server.signIn();
  const before = server.residentMB;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, residentMB(server.pid))), 50);
  const { command_id } = await api.post('/api/commands/execute', { command: bulk });
  const subscribers = new Subscribers();
  try {
    await subscribers.open(api, clients, { channel: 'command_output', command_id });
    const first = performance.now();
    const { bytes } = await subscribers.received();
    const seconds = (performance.now() - first) / 1000;
    const expected = clients * lines * 100;
    if (bytes !== expected) throw new Error(`${bytes} bytes came of ${expected}`);
    report.least('one stream to 100 clients, in all', bytes / 1e6 / seconds, 'MB/s', 150);
    report.most(
      'memory it takes meanwhile',
      peak - before,
      'MB',
      mostMB,
      'bounded by what each reader may have waiting',
    );
  } finally {
    clearInterval(watch);
    await subscribers.close();
  }
}
