import type { Config } from '../common/config.js';
import type { Logger } from '../common/logger.js';
import { ensureSystemUser, findSystemUser } from '../infra/system-user.js';

/** As whom commands run, when not as ourselves. */
export interface CommandUser {
  uid: number;
  gid: number;
  name: string;
}

/**
 * Chooses the user of commands: as root one without rights, made if need be. Otherwise there is no choice, and the log says
 * what commands can reach.
 * @throws when we are root and there is no such user and none can be made
 */
export async function commandUser(config: Config, logger: Logger): Promise<CommandUser | undefined> {
  if (process.getuid?.() !== 0) {
    if (config.EXECUTOR_ISOLATION === 'none')
      logger.warn(
        'Commands run as the same user as Millrace: they can read DATA_DIR and the environment of its parent processes. ' +
          'README, "Security", says how to close this.',
      );
    return undefined;
  }
  const user = await ensureSystemUser(config.COMMAND_USER).catch(async (error: unknown) => {
    const nobody = await findSystemUser('nobody');
    if (!nobody) throw error;
    logger.warn({ err: error }, `The user ${config.COMMAND_USER} could not be made; commands run as nobody`);
    return nobody;
  });
  return { uid: user.uid, gid: user.gid, name: user.name };
}
