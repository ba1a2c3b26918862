import { access, constants, readFile } from 'node:fs/promises';
import { execa, type Options } from 'execa';
import { withLock } from './embedded-postgres/lock.js';

/** The fields of the host's user database that are used. */
export interface HostUser {
  uid: number;
  gid: number;
  name: string;
  home: string;
}

/** A user does not exist and could not be created; `message` contains the error of each attempt. */
export class HostUserError extends Error {
  override name = 'HostUserError';
}

const nowhere = '/nonexistent';
const quiet = { reject: false, stdin: 'ignore', timeout: 30_000 } as const satisfies Options;

/** Looks up a user by name or uid, in all sources of the host (such as LDAP). @returns null when there is none */
export async function findHostUser(nameOrUid: string | number): Promise<HostUser | null> {
  const key = String(nameOrUid);
  const { exitCode, stdout } = await execa('getent', ['passwd', key], quiet);
  if (exitCode === 0) return parsePasswdLine(stdout);
  if (exitCode !== undefined) return null;
  // Small container images have no getent.
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const line = lines.find((row) => row.split(':')[typeof nameOrUid === 'number' ? 2 : 0] === key);
  return line === undefined ? null : parsePasswdLine(line);
}

/** Lists the users of the host in the form of passwd(5), from all sources that can be listed. */
export async function listHostUsers(): Promise<string> {
  const { exitCode, stdout } = await execa('getent', ['passwd'], quiet);
  return exitCode === 0 ? stdout : readFile('/etc/passwd', 'utf8');
}

/**
 * Returns the user of a name and creates it if necessary: a system user with a group of its own and without home, password and login
 * shell. Needs root rights only to create it. Safe to call from several processes at once.
 *
 * @throws {HostUserError} when the name is invalid, belongs to uid 0, or cannot be created.
 */
export async function ensureHostUser(name: string): Promise<HostUser> {
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(name)) throw new HostUserError(`"${name}" is not a valid user name`);
  const user = (await findHostUser(name)) ?? (await createOnce(name));
  if (user.uid === 0)
    throw new HostUserError(
      `The user "${name}" is another name of root (uid 0); an unprivileged one is needed`,
    );
  return user;
}

/** Creates a user under a lock: useradd(8) checks the name before it locks, and two at once made two users of one name (shadow 4.13). */
async function createOnce(name: string): Promise<HostUser> {
  if (process.getuid?.() !== 0) return create(name);
  // Only root can open the file. flock(2) does not conflict with the fcntl(2) lock that the system's tools take on it.
  return withLock('/etc/.pwd.lock', async () => (await findHostUser(name)) ?? create(name));
}

async function create(name: string): Promise<HostUser> {
  const shell = await firstExisting(['/usr/sbin/nologin', '/sbin/nologin', '/bin/false']);
  const attempts: [string, string[]][] = [
    [
      'useradd',
      ['--system', '--user-group', '--no-create-home', '--home-dir', nowhere, '--shell', shell, name],
    ],
    // The first is adduser of Debian, the second that of busybox.
    ['adduser', ['--system', '--group', '--no-create-home', '--home', nowhere, '--shell', shell, name]],
    ['adduser', ['-S', '-D', '-H', '-h', nowhere, '-s', shell, name]],
  ];
  const faults: string[] = [];
  for (const [command, args] of attempts) {
    const result = await execa(command, args, quiet);
    // The user database decides about success, since a tool may succeed with a warning.
    const user = await findHostUser(name);
    if (user) return user;
    faults.push(
      `${command}: ${(result.stderr || result.shortMessage || `exit code ${result.exitCode}`).trim()}`,
    );
  }
  throw new HostUserError(`Cannot create the system user "${name}". ${faults.join('; ')}`);
}

function parsePasswdLine(line: string): HostUser {
  const [name = '', , uid, gid, , home = nowhere] = line.trim().split(':');
  return { name, uid: Number(uid), gid: Number(gid), home };
}

async function firstExisting(paths: string[]): Promise<string> {
  for (const path of paths) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return '/bin/false';
}
