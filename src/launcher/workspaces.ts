import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { asUser, cleanEnvironment, type User } from './as-user.js';
import { checkWorkspace } from './check-order.js';
import { LaunchError } from './launch-error.js';
import type { CommandUsers } from './policy.js';
import { summariesOf } from './summaries.js';

/**
 * Makes workspaces and gives them to their users, as root. As root it only accesses entries of folders that root owns, which nobody
 * else can exchange; the contents of a workspace are only accessed as the user of the workspace.
 */
export class Workspaces {
  private readonly handovers = new Map<string, Promise<void>>();

  constructor(private readonly users: CommandUsers) {}

  /**
   * Makes a workspace if it is missing. A workspace whose owner is not reserved for commands is copied for its new user: it was made by
   * a version without a user for each project, or before `COMMAND_UIDS` was changed.
   * @throws LaunchError NOT_ALLOWED when it belongs to the user of another project
   */
  async ensure(path: string, { uid, gid }: User): Promise<void> {
    const handover = this.handovers.get(path);
    if (handover) return handover;
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() && found.uid === uid) {
      // a command may have closed it, which would lock out all later ones
      if ((found.mode & 0o700) !== 0o700) await run(['chmod', '700', path], { uid, gid }, 'ignore').ended;
      return;
    }
    // one that root still owns was made by a launcher that was killed before it could change the owner
    if (!found || (found.isDirectory() && found.uid === 0)) return makeFor(path, uid, gid);
    const { first, count } = this.users;
    if (!found.isDirectory() || (found.uid >= first && found.uid < first + count))
      throw new LaunchError('NOT_ALLOWED', 'The workspace belongs to another user of the host');
    const former = { uid: found.uid, gid: found.gid };
    const started = handOver(path, former, { uid, gid }).finally(() => this.handovers.delete(path));
    this.handovers.set(path, started);
    return started;
  }
}

/**
 * Removes a workspace, and what a change of its user has left beside it. What cannot be removed stays for the next attempt.
 * @param users the policy of a launcher with root rights, which never accesses the contents as root
 * @throws LaunchError NOT_ALLOWED for a path that is not one of a workspace
 */
export async function removeWorkspace(path: string, users: CommandUsers | undefined): Promise<void> {
  if (users) {
    checkWorkspace(path, users);
    for (const suffix of ['', '.new', '.before']) await removeFolder(`${path}${suffix}`);
    await removeFolder(summariesOf(path));
    return;
  }
  await rm(summariesOf(path), { recursive: true, force: true });
  // chmod would follow a link
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  // programs make folders in which even their owner can remove nothing, such as the cache of Go modules
  await run(['chmod', '-R', 'u+rwX', '--', path], undefined, 'ignore').ended;
  await run(['rm', '-rf', '--', path], undefined, 'ignore').ended;
}

function makeFor(path: string, uid: number, gid: number): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (fstatSync(fd).uid === 0) fchownSync(fd, uid, gid);
  } finally {
    closeSync(fd);
  }
}

/**
 * Copies a workspace for another user, reading as the former and writing as the new one, and never as root. Holes of files stay holes. The
 * original is removed when the copy is complete, and kept beside it as `.before` when parts of it could not be read. A copy that a
 * launcher has begun and not ended is begun again.
 */
async function handOver(path: string, former: User, owner: User): Promise<void> {
  const copy = `${path}.new`;
  await removeFolder(copy);
  makeFor(copy, owner.uid, owner.gid);
  const writer = run(['tar', '-x', '-f', '-', '-C', copy], owner, 'pipe');
  const reader = run(
    ['tar', '-c', '--sparse', '-f', '-', '-C', path, '.'],
    former,
    writer.child.stdin ?? 'ignore',
  );
  writer.child.stdin?.destroy();
  const isComplete = (await Promise.all([reader.ended, writer.ended])).every((code) => code === 0);
  const before = unusedName(`${path}.before`);
  renameSync(path, before);
  renameSync(copy, path);
  if (isComplete) await removeFolder(before);
}

/** Removes a folder of any user in a folder of root's, its contents as that user. What that user cannot remove stays. */
async function removeFolder(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  // that of summaries is root's, and of the group of its user, whose number is that of the user
  const owner = { uid: found.uid === 0 ? found.gid : found.uid, gid: found.gid };
  if (owner.uid !== 0) {
    if (found.uid !== 0) await run(['chmod', '-R', 'u+rwX', '--', path], owner, 'ignore').ended;
    await run(['find', path, '-mindepth', '1', '-delete'], owner, 'ignore').ended;
  }
  try {
    rmdirSync(path);
  } catch {
    // not empty
  }
}

function unusedName(path: string): string {
  let name = path;
  for (let n = 1; lstatSync(name, { throwIfNoEntry: false }); n += 1) name = `${path}.${n}`;
  return name;
}

function run(
  command: [string, ...string[]],
  owner: User | undefined,
  pipe: 'pipe' | 'ignore' | NodeJS.WritableStream,
) {
  const isReader = typeof pipe !== 'string';
  const { line, options } = asUser(owner, command);
  const child = spawn(line[0], line.slice(1), {
    ...options,
    cwd: '/',
    env: { ...cleanEnvironment, LC_ALL: 'C' },
    stdio: isReader ? ['ignore', pipe as never, 'ignore'] : [pipe, 'ignore', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (code) => resolve(code));
  });
  return { child, ended };
}
