import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import { identityOf, pathOfFolder } from './environment.js';
import { EmbeddedPostgresError } from './errors.js';
import { writeSecret, type PostgresFolder } from './folder.js';
import { lastLines } from './log.js';
import { runWithDescriptors } from './run-program.js';
import type { HostUser } from '../host-user.js';

/** The database user of Millrace, which owns everything. */
export const superuser = 'millrace';

const prefix = 'postgres.init-';

/** Removes the files that an interrupted {@link initDatabase} has left. Must be called under the lock. */
export async function removeHalfMade({ root }: PostgresFolder): Promise<void> {
  const names = await readdir(root);
  await Promise.all(
    names.filter((name) => name.startsWith(prefix)).map((name) => rm(join(root, name), { recursive: true })),
  );
}

/**
 * Creates the data folder atomically: initdb works in a folder beside it, which is renamed when everything is on disk.
 *
 * @param lockDescriptor inherited by initdb, so that an initdb which outlives this process keeps the lock until it ends
 */
export async function initDatabase(
  folder: PostgresFolder,
  binaries: PostgresBinaries,
  user: HostUser | null,
  password: string,
  lockDescriptor: number,
): Promise<void> {
  const workplace = join(folder.root, prefix + randomBytes(6).toString('hex'));
  await mkdir(workplace, { mode: 0o700 });
  try {
    await writeSecret(join(workplace, 'password'), password, user);
    if (user) await chown(workplace, user.uid, user.gid);
    await runInitdb(workplace, binaries, user, password, lockDescriptor);
    await rename(join(workplace, 'data'), folder.data);
    await syncFolder(folder.root);
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

async function runInitdb(
  workplace: string,
  binaries: PostgresBinaries,
  user: HostUser | null,
  password: string,
  lockDescriptor: number,
): Promise<void> {
  const place = await open(workplace, 'r');
  const path = pathOfFolder(workplace);
  // The builtin provider and C make sorting and case independent of the host's libc and of its upgrades.
  const options = Object.entries({
    pgdata: `${path}/data`,
    pwfile: `${path}/password`,
    username: superuser,
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    locale: 'C',
    'locale-provider': 'builtin',
    'builtin-locale': 'C.UTF-8',
  }).map(([name, value]) => `--${name}=${value}`);
  try {
    // Detached, since Ctrl-C for the group of this process would interrupt it.
    const result = await runWithDescriptors(binaries.initdb, options, [place.fd, lockDescriptor], {
      ...identityOf(user),
      detached: true,
    });
    if (result.exitCode === 0) return;
    const output = lastLines(result.output).replaceAll(password, '[password]');
    throw new EmbeddedPostgresError(
      'INIT_FAILED',
      `Postgres could not make its data folder. It says:\n${output}`,
    );
  } finally {
    await place.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
