import { chmod, chown, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { cloneInto, removeLinks, useClone } from './clone.js';
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

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

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
    const clone = useClone();

    test('an installation and a data folder that only root can access work with a copy of the binaries', async () => {
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

    test('an ordinary user gets an error for the data folder of another user, and can use a read-only package', async () => {
      const withoutLinks = await temporaryFolder();
      const moduleUrl = await cloneInto(withoutLinks);
      await removeLinks(withoutLinks);
      const dataDir = join(await temporaryFolder(), 'data');
      await mkdir(dataDir, { mode: 0o700 });
      const nobody = { uid: 65_534, gid: 65_534 };
      expect(await new PostgresUser(moduleUrl, dataDir, nobody).failed()).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining(dataDir),
      });

      await chown(dataDir, nobody.uid, nobody.gid);
      const first = new PostgresUser(moduleUrl, used(dataDir), {
        ...nobody,
        env: { PATH: process.env['PATH'] },
      });
      const { url } = await first.up();
      const copy = (await readdir(dataDir)).find((name) => name.startsWith('postgres-18'));
      expect(copy).toBeDefined();
      expect((await userOf(await postmasterPid(dataDir))).uid).toBe(nobody.uid);

      // with a whole package no copy is needed
      await rm(join(dataDir, copy!), { recursive: true });
      const other = new PostgresUser(clone.moduleUrl, dataDir, nobody);
      expect(await other.up()).toEqual({ url, adopted: true });
      await first.tell('stop');
      process.kill(await postmasterPid(dataDir), 'SIGKILL');
      await other.tell('ensureRunning');
      await other.tell('stop');
      expect(await postgresProcesses(dataDir)).toEqual([]);
      expect(await readdir(dataDir)).not.toContain(copy);

      // A server of root continues with the data as the user who owns them.
      const asRoot = new PostgresUser(clone.moduleUrl, dataDir);
      await asRoot.up();
      expect((await userOf(await postmasterPid(dataDir))).uid).toBe(nobody.uid);
      await asRoot.tell('stop');
      expect((await stat(join(dataDir, 'postgres.password'))).uid).toBe(nobody.uid);
    });

    test('an error reports a full disk', async () => {
      const mount = await temporaryFolder();
      await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount]);
      try {
        const user = new PostgresUser(clone.moduleUrl, join(mount, 'data'));
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
