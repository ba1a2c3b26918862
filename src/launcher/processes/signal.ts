import { firstChild, readUser, type ProcessStat } from './proc.js';

/** `forbidden`: it is another user's now, as a setuid program is. */
export type SignalOutcome = 'sent' | 'gone' | 'forbidden';

function send(target: number, signal: NodeJS.Signals): SignalOutcome {
  try {
    process.kill(target, signal);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'forbidden' : 'gone';
  }
}

/** Signals the group that a command of ours leads. Only while the command has not been reaped: then the id is its own. */
export function signalGroup(group: number, signal: NodeJS.Signals): SignalOutcome {
  return send(-group, signal);
}

/**
 * Asks the command below a `bwrap` to end. The group is that of its init, which leads the session and only takes note of SIGTERM;
 * `bwrap` must not get it, since all would be killed with it. Before there is a command there is nobody else to ask.
 * @returns the group that got the signal
 */
export function signalIsolated(bwrap: number): number {
  const init = firstChild(bwrap);
  if (init !== undefined && firstChild(init) !== undefined && signalGroup(init, 'SIGTERM') !== 'gone')
    return init;
  signalGroup(bwrap, 'SIGTERM');
  return bwrap;
}

/** Tells the init of a namespace, which waits for what the command has left, that it need not wait any longer. */
export const endNamespace = (init: number): SignalOutcome => send(init, 'SIGUSR1');

/** Signals a process that was identified a moment ago. */
export const signalProcess = ({ pid }: Pick<ProcessStat, 'pid'>, signal: NodeJS.Signals): SignalOutcome =>
  send(pid, signal);

/**
 * Kills a process and its group. The kernel signals a group at one stroke, and a fork fails in a process that has
 * a signal pending, so what forks in a loop within its group cannot escape. A command leads a session of its own,
 * so a group of its descendants holds no stranger; our own is spared whatever a process says of itself, and so is one that
 * another user leads: a script of root may have started the process in its own group.
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
