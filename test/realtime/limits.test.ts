import { afterEach, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { closeSockets, LiveSocket } from './live-socket.js';

const app = useApp({ env: { RATE_LIMIT_ENABLED: 'true' } });
afterEach(closeSockets);

test('more than a burst of messages is refused, and going on closes the connection', async () => {
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  for (let sent = 0; sent < 260; sent += 1) socket.send({ type: 'ping' });
  await socket.next('error', ({ code }) => code === 'RATE_LIMIT_EXCEEDED');
  expect(socket.messages.filter(({ type }) => type === 'pong').length).toBeGreaterThanOrEqual(199);
  expect(socket.closed).toBeUndefined();
  for (let sent = 0; sent < 1_000; sent += 1) socket.send({ type: 'ping' });
  expect((await until(() => socket.closed)).code).toBe(4429);
});
