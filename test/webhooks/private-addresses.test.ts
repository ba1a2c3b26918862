import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { Receiver } from './receiver.js';
import { data, makeWebhook } from './steps.js';

const app = useApp({ env: { WEBHOOK_ALLOW_PRIVATE: 'false' } });

test('private addresses are refused, at creation and at connection', async () => {
  const receiver = await Receiver.start();
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '10.0.0.1',
    '169.254.169.254',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0.0.0.0',
  ]) {
    const answer = await app.admin.post('/api/webhooks/', { url: `http://${host}/`, events: ['*'] });
    expect([host, answer.status, answer.body.error?.details.field]).toEqual([host, 422, 'url']);
  }
  // written before the setting was changed, or by a name that now leads elsewhere
  const webhook = await makeWebhook(app.admin, { url: 'https://example.com/' });
  const { port } = new URL(receiver.url);
  for (const host of ['127.0.0.1', 'localhost', hostname(), 'no-such-name.invalid']) {
    await app.query('UPDATE webhooks SET url = $2 WHERE id = $1', [webhook.id, `http://${host}:${port}/`]);
    const result = await data(200, app.admin.post(`/api/webhooks/${webhook.id}/test`));
    expect(result).toMatchObject({
      status: 'failed',
      response_status: null,
      error: 'The address is not on the public internet',
    });
  }
  expect(receiver.received).toEqual([]);
});
