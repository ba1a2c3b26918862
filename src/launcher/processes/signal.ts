import { firstChild, readUser, type ProcessStat } from './proc.js';

/** `forbidden` means that the process has another user now, as a setuid program has. */
export type SignalOutcome = 'sent' | 'gone' | 'forbidden';

function send(target: number, signal: NodeJS.Signals): SignalOutcome {
  try {
    process.kill(target, signal);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'forbidden' : 'gone';
  }
}

/** Signals the process group of a command. Must only be called before the command is reaped, since its id may be reused then. */
export function signalGroup(group: number, signal: NodeJS.Signals): SignalOutcome {
  return send(-group, signal);
}

/**
 * Sends SIGTERM to the command below a `bwrap`, through the process group of its init, which leads the session and only records the
 * signal. `bwrap` itself must not get it, since the kernel would kill the whole namespace with it; it gets it only when there is no
 * command yet.
 * @returns the group that got the signal
 */
export function signalIsolated(bwrap: number): number {
  const init = firstChild(bwrap);
  if (init !== undefined && firstChild(init) !== undefined && signalGroup(init, 'SIGTERM') !== 'gone')
    return init;
  signalGroup(bwrap, 'SIGTERM');
  return bwrap;
}

/** Makes the init of a namespace exit, which otherwise waits for the processes that the command has left. */
export const endNamespace = (init: number): SignalOutcome => send(init, 'SIGUSR1');

/** Signals a process that has just been identified. */
export const signalProcess = ({ pid }: Pick<ProcessStat, 'pid'>, signal: NodeJS.Signals): SignalOutcome =>
  send(pid, signal);

/**
 * Kills a process and its group. The kernel signals a group atomically, and a fork fails in a process that has a signal pending, so a
 * process that forks in a loop within its group cannot escape. A command leads a session of its own, so the groups of its descendants
 * contain no other processes. Never killed are our own group and a group that another user leads: a script of root may have started the
 * process in its own group.
 */
export function killWithGroup(stat: ProcessStat, ownSession: number): SignalOutcome {
  const isOurs = stat.session !== ownSession && stat.session > 1 && stat.group > 1;
  if (isOurs && isLedByUserOf(stat)) send(-stat.group, 'SIGKILL');
  return send(stat.pid, 'SIGKILL');
}

function isLedByUserOf({ pid, group, session }: ProcessStat): boolean {
  const user = readUser(pid);
  return [group, session].every((leader) => [user, undefined].includes(readUser(leader)));
}
