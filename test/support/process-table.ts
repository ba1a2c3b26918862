import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process id with the start time of the process, since ids are reused. */
export interface ProcessId {
  pid: number;
  parent: number;
  started: string;
}

async function look(pid: number): Promise<ProcessId | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // the name in parentheses may contain anything, including parentheses
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields[0] === 'Z') return undefined;
  return { pid, parent: Number(fields[1]), started: fields[19] ?? '' };
}

async function all(): Promise<ProcessId[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  return (await Promise.all(pids.map(look))).filter((found) => found !== undefined);
}

/** Returns all living descendants of a process. */
export async function descendants(pid: number): Promise<ProcessId[]> {
  const table = await all();
  const found: ProcessId[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const children = table.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** Returns the server below a supervisor or npm; undefined when there is none. */
export function servingProcess(starter: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${starter}/task/${starter}/children`, 'latin1')
      .split(' ')
      .filter(Boolean)
      .map(Number);
    // between fork and exec a child still has the environment of its supervisor
    const serves = (pid: number) =>
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes('MILLRACE_SUPERVISED=');
    const below = children.find(serves) ?? children.map(servingProcess).find((pid) => pid !== undefined);
    if (below !== undefined || process.getuid?.() === 0) return below;
    // without a supervisor the server is the child of npm
    const isServer = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('/main.js\0');
    return isServer(starter) ? undefined : children.find(isServer);
  } catch {
    return undefined;
  }
}

export async function isAlive(pid: number): Promise<boolean> {
  return (await look(pid)) !== undefined;
}

/**
 * Finds the remaining processes of an app: living ones among `known`, and all with its mark in their environment or with a working
 * directory in its folder. Zombies do not count.
 */
export async function leftBehind(
  mark: string,
  folder: string,
  known: readonly ProcessId[],
): Promise<number[]> {
  const table = await all();
  const isLeft = async ({ pid, started }: ProcessId): Promise<boolean> => {
    if (known.some((one) => one.pid === pid && one.started === started)) return true;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.includes(mark)) return true;
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return cwd === folder || cwd.startsWith(`${folder}/`);
  };
  const left = await Promise.all(table.map(async (one) => ((await isLeft(one)) ? one.pid : 0)));
  return left.filter((pid) => pid > 0);
}

/** Returns the id and the command line of a process for a message. */
export async function commandLine(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return `${pid}: ${text.replaceAll('\0', ' ').trim() || '(gone)'}`;
}

/** Kills a process, or the group of processes of a negative number, if it still exists. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // the process has ended already
  }
}
