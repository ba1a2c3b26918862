import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.js';
import { root } from '../support/build.js';
import { query } from '../support/database.js';
import { freePort } from '../support/free-port.js';

/** Starts the embedded Postgres as versions before have: on TCP, as a user that is not the server's; it outlives who started it. */
const start = `const [, module, dataDir, port] = process.argv;
  const log = { info() {}, warn() {}, error: console.error };
  import(module)
    .then(({ startEmbeddedPostgres }) => startEmbeddedPostgres({ dataDir, log, tcpPort: Number(port) }))
    .then(({ url }) => console.log(url) || process.exit());`;

// as an ordinary user there is no other one: test/infra has that
test.runIf(process.getuid?.() === 0)(
  'an embedded Postgres that was left on TCP is restarted with its data, on the socket only',
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-left-'));
    try {
      const module = join(root, 'dist/infra/embedded-postgres/embedded-postgres.js');
      const port = await freePort();
      const { stdout: url } = await execa(process.execPath, ['-e', start, module, dataDir, String(port)]);
      await query(url, 'CREATE TABLE kept AS SELECT 1 AS note');
      const folders = ['postgres', 'postgres/socket'].map((name) => join(dataDir, name));
      const owners = async () => Promise.all(folders.map(async (folder) => (await stat(folder)).uid));
      const before = await owners();

      const app = await startApp({ env: { DATA_DIR: dataDir }, embeddedPostgres: true });
      const status = await readFile(`/proc/${app.apis[0]?.pid}/status`, 'latin1');
      const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
      expect(before).not.toContain(uid);
      expect(await owners()).toEqual([uid, uid]);
      await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
      const socket = new URL(url);
      socket.searchParams.set('host', folders[1]!);
      socket.searchParams.set('port', '5432');
      expect(await query(socket.href, 'SELECT note FROM kept')).toEqual([{ note: 1 }]);
      await app.stop();
    } finally {
      await rm(dataDir, { recursive: true });
    }
  },
);
