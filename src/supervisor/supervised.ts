import type { Socket } from 'node:net';
import { LaunchError } from '../launcher/launch-error.js';
import type { LauncherProcess } from '../launcher/spawn-launcher.js';

export interface SupervisorRequest {
  type: 'start-launcher';
}

export type SupervisorMessage =
  { type: 'launcher'; pid: number } | { type: 'launcher-failed'; message: string };

/** Ends this process when its supervisor is gone: nobody would pass it signals, or start a launcher for it. */
export function endWithSupervisor(): void {
  process.once('disconnect', () => process.exit(1));
  // an idle channel is no reason to stay
  process.channel?.unref();
}

/**
 * Asks the supervisor for a launcher that is root. One at a time: answers carry no number.
 * @throws LaunchError LAUNCHER_LOST
 */
export async function launcherOfSupervisor(): Promise<LauncherProcess> {
  return new Promise((resolve, reject) => {
    process.once('message', (message: SupervisorMessage, socket: Socket) => {
      if (message.type === 'launcher') resolve({ pid: message.pid, socket });
      else reject(new LaunchError('LAUNCHER_LOST', `The launcher could not be started: ${message.message}`));
    });
    process.send?.({ type: 'start-launcher' } satisfies SupervisorRequest);
  });
}
