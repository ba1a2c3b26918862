import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import './cleartext-passwords.js';

/** AuthenticationCleartextPassword of the protocol (PostgreSQL, 54.7). */
const asksForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

test('a server that requests a clear-text password without TLS does not receive it', async () => {
  const received: Buffer[] = [];
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      if (received.push(bytes) === 1) socket.write(asksForPassword);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new Client({ host: '127.0.0.1', port, user: 'millrace', password: 'a-secret', ssl: false });
  client.on('error', () => undefined);
  await expect(client.connect()).rejects.toThrow('clear text');
  await client.end().catch(() => undefined);
  server.close();
  expect(Buffer.concat(received).toString('latin1')).not.toContain('a-secret');
});
