import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.js';
import { until } from '../support/until.js';
import { createProject, createTask, execute } from './fixtures.js';
import { closeSockets, LiveSocket } from './live-socket.js';

test('a shutdown closes every connection with 1001 without waiting, also those of clients that do not read', async () => {
  const app = await startApp();
  try {
    const project = await createProject(app.admin);
    const execution = await execute(
      app.admin,
      await createTask(app.admin, project, 'yes | head -c 50000000; sleep 60'),
    );
    const reader = await LiveSocket.open(app.wsUrl, app.admin.token);
    await reader.ask({ type: 'subscribe', channel: 'command_output', command_id: execution }, 'subscribed');
    const deaf = await LiveSocket.open(app.wsUrl, app.admin.token);
    await deaf.ask({ type: 'subscribe', channel: 'command_output', command_id: execution }, 'subscribed');
    deaf.ws.pause();
    await reader.next('command_output');
    const { hostname, port } = new URL(app.apis.at(-1)!.url);
    const deafHttp = connect(Number(port), hostname);
    deafHttp.on('error', () => undefined);
    deafHttp.write(
      `GET /api/commands/${execution}/output HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${app.admin.token}\r\n\r\n`,
    );
    await once(deafHttp, 'data');
    deafHttp.pause();
    const gone = app.apis.at(-1)!.stop();
    expect((await until(() => reader.closed, { timeout: 20_000 })).code).toBe(1001);
    await gone;
    deafHttp.destroy();
  } finally {
    await closeSockets();
    await app.stop();
  }
}, 60_000);
