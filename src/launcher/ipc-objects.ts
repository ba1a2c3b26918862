import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from './as-user.js';
import { hasLivingProcess } from './processes/kill-user.js';

const execute = promisify(execFile);

/** The tables of sysvipc(7), each with the column of the object id and the option of ipcrm(1) that takes the id. */
const tables = [
  { file: '/proc/sysvipc/shm', id: 'shmid', option: '-m' },
  { file: '/proc/sysvipc/sem', id: 'semid', option: '-s' },
  { file: '/proc/sysvipc/msg', id: 'msqid', option: '-q' },
] as const;

/** The number of ids per command line: the system allows 32,000 objects of a kind, whose ids might not fit into one. */
const MAX_AT_ONCE = 4096;
const TIMEOUT_MS = 10_000;

/**
 * Removes the System V shared memory, semaphores and message queues that a user has made. They outlive their processes, and no
 * process limit counts them. Nothing is removed while a process of that user lives, since another launcher may have started it.
 * The objects are listed before the processes, so that only objects of processes that were gone by then are removed. ipcrm runs as
 * the user, so that the kernel refuses an id that was reused for an object of another user.
 * @param user the creator of the objects; the owner could be changed to anyone, the creator cannot
 * @throws Error when ipcrm is missing or fails
 */
export async function removeIpcObjects(user: number): Promise<void> {
  const objects = (await Promise.all(tables.map((table) => listOf(table, user)))).flat();
  if (objects.length === 0 || (await hasLivingProcess(user))) return;
  for (let at = 0; at < objects.length; at += MAX_AT_ONCE) {
    const ids = objects.slice(at, at + MAX_AT_ONCE).flat();
    const { line, options } = asUser({ uid: user, gid: user }, ['ipcrm', ...ids]);
    // a process that this user starts meanwhile can stop ipcrm with SIGSTOP, but cannot keep it from being killed
    const bounds = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
    await execute(line[0], line.slice(1), { ...options, ...bounds, cwd: '/', env: cleanEnvironment });
  }
}

/** Returns those among some users who have made System V IPC objects that are still there. */
export async function creatorsOfIpcObjects(isCounted: (user: number) => boolean): Promise<Set<number>> {
  const creators = new Set<number>();
  for (const { file } of tables) {
    const table = await readFile(file).catch(() => Buffer.alloc(0));
    let creatorAt: number | undefined;
    for (let at = 0, end = 0; at < table.length; at = end + 1) {
      end = table.indexOf('\n', at);
      if (end < 0) end = table.length;
      // the first line names the columns
      const fields = fieldsOf(table.toString('latin1', at, end));
      creatorAt ??= fields.indexOf('cuid');
      const user = Number(fields[creatorAt]);
      if (isCounted(user)) creators.add(user);
    }
  }
  return creators;
}

/**
 * Lists the objects of a creator in one table. Only lines that contain the user id are split into fields: other users can fill a table
 * with 32,000 lines, whose fields would fill the small heap of the launcher.
 */
async function listOf({ file, id, option }: (typeof tables)[number], creator: number): Promise<string[][]> {
  // a kernel can be built without System V IPC
  const table = await readFile(file).catch(() => Buffer.alloc(0));
  const lineAt = (start: number, end: number) => fieldsOf(table.toString('latin1', start, end));
  const columns = lineAt(0, table.indexOf('\n'));
  const [idAt, creatorAt] = [columns.indexOf(id), columns.indexOf('cuid')];
  const objects: string[][] = [];
  for (let at = table.indexOf(`${creator}`), end = 0; at >= 0; at = table.indexOf(`${creator}`, end)) {
    end = table.indexOf('\n', at);
    if (end < 0) end = table.length;
    const fields = lineAt(table.lastIndexOf('\n', at) + 1, end);
    if (fields[creatorAt] === `${creator}`) objects.push([option, fields[idAt] ?? '']);
  }
  return objects;
}

const fieldsOf = (line: string): string[] => line.trim().split(/\s+/);
