import { execFile } from 'node:child_process';
import { lstat, readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from './as-user.js';
import { hasLivingProcess } from './processes/kill-user.js';

const execute = promisify(execFile);
const TIMEOUT_MS = 10_000;

/**
 * Removes the POSIX message queues of a user. The system allows 256 for all users, and like files they outlive their processes.
 * The queues are found where the system has mounted their file system (mq_overview(7)), `/dev/mqueue` on most hosts; where it is not
 * mounted, it stays so, since commands would see the names. Nothing is removed while a process of that user lives, since another
 * launcher may have started it. The removal runs as the user, so that the kernel refuses a name that is now another user's queue.
 * @throws Error when a queue cannot be removed
 */
export async function removeMessageQueues(user: number): Promise<void> {
  const folder = await findFolder();
  if (folder === undefined) return;
  const queues = await queuesOf(user, folder);
  if (queues.length === 0 || (await hasLivingProcess(user))) return;
  const { line, options } = asUser({ uid: user, gid: user }, ['xargs', '-0', 'rm', '-f', '--']);
  const bounds = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  const removal = execute(line[0], line.slice(1), {
    ...options,
    ...bounds,
    cwd: folder,
    env: cleanEnvironment,
  });
  // a name may hold any bytes
  removal.child.stdin?.on('error', () => {}).end(Buffer.concat(queues.flatMap((name) => [name, NUL])));
  await removal;
}

/** Returns those among some users who have POSIX message queues. */
export async function ownersOfMessageQueues(isCounted: (user: number) => boolean): Promise<Set<number>> {
  const folder = await findFolder();
  const owners = folder === undefined ? [] : (await ownersIn(folder)).map(({ owner }) => owner);
  return new Set(owners.filter((owner) => owner !== undefined && isCounted(owner)) as number[]);
}

const NUL = Buffer.from([0]);

async function findFolder(): Promise<string | undefined> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const mount = mounts.split('\n').find((line) => line.includes(' - mqueue '));
  return mount?.split(' ')[4];
}

async function queuesOf(user: number, folder: string): Promise<Buffer[]> {
  const queues = await ownersIn(folder);
  return queues.filter(({ owner }) => owner === user).map(({ name }) => name);
}

async function ownersIn(folder: string): Promise<{ name: Buffer; owner: number | undefined }[]> {
  const names = await readdir(folder, { encoding: 'buffer' });
  return Promise.all(
    names.map((name) =>
      lstat(Buffer.concat([Buffer.from(`${folder}/`), name])).then(
        ({ uid }) => ({ name, owner: uid }),
        () => ({ name, owner: undefined }),
      ),
    ),
  );
}
