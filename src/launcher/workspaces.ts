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
import { asUser, cleanEnvironment, type User } from './as-user.js';
import { LaunchError } from './launch-error.js';
import type { CommandUsers } from './policy.js';

/**
 * Makes workspaces and gives them to their users, as root. It names only entries of folders that are root's own, so nobody can
 * exchange what it names; what lies in a workspace is only ever touched as the workspace's user.
 */
export class Workspaces {
  private readonly moving = new Map<string, Promise<void>>();

  constructor(private readonly users: CommandUsers) {}

  /**
   * Makes a workspace if it is missing. One whose owner is not for commands any more is handed over: it is from before each project
   * had a user, or from before `COMMAND_UIDS` was changed.
   * @throws LaunchError NOT_ALLOWED when it is of another project or user
   */
  async ensure(path: string, { uid, gid }: User): Promise<void> {
    const moving = this.moving.get(path);
    if (moving) return moving;
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() && found.uid === uid) return;
    // one that is still root's was made a moment before its launcher was killed
    if (!found || (found.isDirectory() && found.uid === 0)) return makeFor(path, uid, gid);
    const { first, count } = this.users;
    if (!found.isDirectory() || (found.uid >= first && found.uid < first + count))
      throw new LaunchError('NOT_ALLOWED', 'The workspace belongs to another user of the host');
    const former = { uid: found.uid, gid: found.gid };
    const move = handOver(path, former, { uid, gid }).finally(() => this.moving.delete(path));
    this.moving.set(path, move);
    return move;
  }
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
 * Copies a workspace for another user: read as the former one, written as the new one, neither as root. What was there before is
 * removed when the copy is whole, and stays beside it as `.before` when not all of it could be read.
 */
async function handOver(path: string, former: User, owner: User): Promise<void> {
  const [copy, before] = [`${path}.new`, `${path}.before`];
  makeFor(copy, owner.uid, owner.gid);
  const writer = run(['tar', '-x', '-f', '-', '-C', copy], owner, 'pipe');
  const reader = run(['tar', '-c', '-f', '-', '-C', path, '.'], former, writer.child.stdin ?? 'ignore');
  writer.child.stdin?.destroy();
  const isWhole = (await Promise.all([reader.ended, writer.ended])).every((code) => code === 0);
  renameSync(path, before);
  renameSync(copy, path);
  if (!isWhole) return;
  await run(['find', before, '-mindepth', '1', '-delete'], former, 'ignore').ended;
  try {
    rmdirSync(before);
  } catch {
    // something in it could not be removed by its own user
  }
}

function run(command: [string, ...string[]], owner: User, pipe: 'pipe' | 'ignore' | NodeJS.WritableStream) {
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
