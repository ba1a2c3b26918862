import { accessSync, constants, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../common/config.js';
import { assertTrusted } from '../launcher/policy.js';
import { launcherEntry, spawnLauncher } from '../launcher/spawn-launcher.js';
import { launcherOfSupervisor } from '../supervisor/supervised.js';
import type { StartLauncher } from './process/launcher.js';

/** Returns how launchers are started: by the supervisor where that has root rights, else by this process. */
export function launcherSource(config: Config): StartLauncher {
  if (config.commandUsers) return launcherOfSupervisor;
  return async () => {
    const policy = { runFolder: ownRunFolder(config), outerToken: config.outerLauncher };
    const child = spawnLauncher(policy, launcherEntry);
    child.on('error', () => child.socket.destroy());
    return { pid: child.pid ?? 0, socket: child.socket };
  };
}

/**
 * Makes the folder for pipes, to which no other user may write. It is in the user's runtime folder in memory if there is one: ext4
 * skips inodes that were freed within the last seconds, which takes 0.4 ms for each FIFO under load.
 */
function ownRunFolder({ DATA_DIR, runtimeFolder }: Config): string {
  if (runtimeFolder !== undefined && isOwn(runtimeFolder)) {
    const folder = join(runtimeFolder, 'millrace');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isOwn(folder)) return folder;
  }
  mkdirSync(join(DATA_DIR, 'run'), { recursive: true, mode: 0o700 });
  // the launcher accepts no path with a link, since another user could exchange it
  const folder = realpathSync(join(DATA_DIR, 'run'));
  assertTrusted(folder, process.getuid?.() ?? 0);
  return folder;
}

function isOwn(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    const { uid, mode } = lstatSync(folder);
    return uid === process.getuid?.() && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}
