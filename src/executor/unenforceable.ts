import type { Execution } from '../executions/execution.entity.js';

/** What was asked of a run cannot be held on this worker; the message is for the one who asked for the run. */
export class UnenforceableError extends Error {}

/**
 * Refuses to run what only isolation can hold, rather than to run it without.
 * @throws UnenforceableError
 */
export function refuseUnenforceable(
  { network, limits }: Pick<Execution, 'network' | 'limits'>,
  isolated: boolean,
): void {
  if (isolated) return;
  const cure =
    'only a worker with EXECUTOR_ISOLATION=bubblewrap can do that, and the one that took this run has none';
  if (!network) throw new UnenforceableError(`The project runs its commands without a network: ${cure}`);
  if (limits.processes !== undefined)
    throw new UnenforceableError(`The run has a limit on its processes: ${cure}`);
}
