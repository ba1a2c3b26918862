import type { Socket } from 'node:net';
import { LaunchError } from '../launcher/launch-error.js';
import type { LauncherProcess } from '../launcher/spawn-launcher.js';

export interface SupervisorRequest {
  type: 'start-launcher';
}

export type SupervisorMessage =
  { type: 'launcher'; pid: number } | { type: 'launcher-failed'; message: string };

/** Ends this process when its supervisor has died, since signals would not be forwarded and no launcher could be started any more. */
export function endWithSupervisor(): void {
  process.once('disconnect', () => process.exit(1));
  // the channel must not keep the process alive
  process.channel?.unref();
}

/**
 * Requests a launcher with root rights from the supervisor. Requests must not overlap, since responses carry no id.
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
