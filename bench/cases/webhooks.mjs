import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';

const count = 4_000;
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** Measures the deliveries a second from a backlog to a receiver on this machine that checks every signature. */
export default async function webhooks(world, report) {
  const url = await world.fresh('webhooks');
  const receiver = await startReceiver();
  const server = await world.millrace({ DATABASE_URL: url });
  const api = await server.signIn();
  const { id } = await api.post('/api/webhooks', { url: receiver.url, events: ['task.*'], secret });
  await world.query(url, (db) =>
    db.query(
      `INSERT INTO webhook_deliveries (id, webhook_id, event, data, next_attempt_at)
       SELECT gen_random_uuid(), $1, 'task.completed', jsonb_build_object('task_id', gen_random_uuid(), 'title', 'task ' || i,
              'status', 'completed', 'exit_code', 0), now() FROM generate_series(1, $2) i`,
      [id, count],
    ),
  );
  await receiver.all;
  const seconds = (receiver.last - receiver.first) / 1000;
  report.least(
    'webhooks to a local receiver',
    (count - 1) / seconds,
    'deliveries/s',
    500,
    `each signature checked, ${receiver.unsigned} wrong`,
  );
  if (receiver.unsigned > 0) throw new Error('a message was not signed');
  receiver.close();
}

async function startReceiver() {
  const seen = new Set();
  const receiver = { first: 0, last: 0, unsigned: 0 };
  receiver.all = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`only ${seen.size} of ${count} messages came`)), 120_000);
    receiver.server = createServer((request, response) => {
      const hash = createHmac('sha256', secret);
      request.on('data', (chunk) => hash.update(chunk));
      request.on('end', () => {
        if (request.headers['x-signature-256'] !== `sha256=${hash.digest('hex')}`) receiver.unsigned += 1;
        seen.add(request.headers['x-delivery-id']);
        receiver.last = performance.now();
        receiver.first ||= receiver.last;
        response.end();
        if (seen.size < count) return;
        clearTimeout(timer);
        resolve();
      });
    });
  });
  await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${receiver.server.address().port}/`;
  receiver.close = () => receiver.server.close();
  return receiver;
}
