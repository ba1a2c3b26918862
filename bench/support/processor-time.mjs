import { readFileSync } from 'node:fs';
import { cpuMs } from './child.mjs';

/** Returns the processor time in ms of a process and of all children that it has waited for or still has, such as that of Postgres. */
export function cpuMsOfGroup(pid) {
  const ended = statOf(pid);
  return cpuMs(pid) + ended.childrenMs + childrenOf(pid).reduce((sum, child) => sum + (alive(child) ?? 0), 0);
}

/** Returns the process id of the Postgres to which a connection leads. */
export async function postmasterOf(db) {
  const { rows } = await db.query('SELECT pg_backend_pid() AS pid');
  return statOf(rows[0].pid).parent;
}

/**
 * Returns the processor time in ms of the processes of a Millrace server by kind: of the server itself, and of its launcher with the
 * relays of the output. Commands and what encloses them do not count.
 * @param server a `Child`
 */
export function cpuMsOfServer(server) {
  const below = descendantsOf(server.supervisorPid);
  const launchers = below.filter((pid) => argumentsOf(pid).some((word) => word.endsWith('launcher-main.js')));
  const relays = launchers
    .flatMap(childrenOf)
    .filter((pid) => argumentsOf(pid).some((word) => word.includes('sub take_orders')));
  const sum = (pids) => pids.reduce((total, pid) => total + (alive(pid) ?? 0), 0);
  return { server: server.cpuMs, launcher: sum(launchers) + sum(relays) };
}

function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // a tick is 10 ms
  return { parent: Number(fields[1]), childrenMs: (Number(fields[13]) + Number(fields[14])) * 10 };
}

const childrenOf = (pid) =>
  (read(`/proc/${pid}/task/${pid}/children`) ?? '').trim().split(' ').filter(Boolean).map(Number);

const descendantsOf = (pid) => childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);

const argumentsOf = (pid) => (read(`/proc/${pid}/cmdline`) ?? '').split('\0');

/** Returns the processor time of a process; undefined when it has ended. */
function alive(pid) {
  try {
    return cpuMs(pid);
  } catch {
    return undefined;
  }
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
