import type { Execution } from '../executions/execution.entity.js';

/** A run has restrictions that this worker cannot enforce. The message is shown to the requester of the run. */
export class UnenforceableError extends Error {}

/**
 * Refuses runs with restrictions that only isolation can enforce, when runs are not isolated.
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
