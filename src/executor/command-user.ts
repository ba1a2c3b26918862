import { userInfo } from 'node:os';
import { ConfigError, type Config } from '../common/config.js';
import type { Logger } from '../common/logger.js';
import { callFilter } from '../launcher/call-filter.js';
import type { Keyrings } from '../launcher/own-keyring.js';
import type { CommandUsers } from '../launcher/policy.js';
import type { Isolation } from './isolation.js';

/** The user of a command, when it differs from that of the server: one for each project, and one for each user's own commands. */
export interface CommandUser {
  uid: number;
  gid: number;
}

/**
 * Maps the number of a project or user to a user id.
 * @param offset the unique number that `takeUserNumber` has assigned to the project or user
 * @throws ConfigError when there are fewer user ids than numbers: the run fails, since two projects must not share one
 */
export function commandUser(users: CommandUsers, offset: number): CommandUser {
  if (!Number.isInteger(offset) || offset < 0) throw new Error(`${offset} is no number of a user`);
  if (offset >= users.count)
    throw new ConfigError(`All ${users.count} user ids for commands are taken: widen COMMAND_UIDS`);
  return { uid: users.first + offset, gid: users.first + offset };
}

/** Returns the name of the command's user. Within a namespace the command has the ids of that name as well. */
export function commandUserName({ commandUsers }: Pick<Config, 'commandUsers'>): string {
  return commandUsers ? (commandUsers.named?.name ?? 'nobody') : userInfo().username;
}

/** Logs a warning at the start when commands can access more than they should. */
export function warnOfExposure(
  config: Config,
  isolation: Isolation | undefined,
  keyrings: Keyrings,
  logger: Logger,
): void {
  const areKeysShared = isolation ? callFilter(true) === undefined : keyrings !== 'refused';
  if ((config.commandUsers || isolation) && areKeysShared)
    logger.warn(
      'Commands of all projects share a session keyring of the kernel, by which they can leave each other messages' +
        `${keyrings === 'own' ? '' : ', and it is that of whoever started Millrace'}: docs/security.md says what closes it.`,
    );
  if (config.commandUsers || isolation) return;
  logger.warn(
    'Commands run as the same user as Millrace and are not isolated: they can read DATA_DIR, the environment of its parent ' +
      `processes, and what other projects have here. Secrets of projects are ${config.ALLOW_UNISOLATED_SECRETS ? '' : 'not '}` +
      'handed to them. docs/security.md says how to close this.',
  );
}
