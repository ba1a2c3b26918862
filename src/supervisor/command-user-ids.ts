import { readFileSync } from 'node:fs';

export interface IdRange {
  first: number;
  count: number;
}

/**
 * The start of the ids that systemd's list of user ids calls unused, 1879048192 to 2147483647. They are 256 blocks of a million; an
 * installation uses the one that its data folder hashes to, so that several on one host seldom share users.
 * @see https://systemd.io/UIDS-GIDS/
 */
const FIRST = 0x7000_0000;
const BLOCK_SIZE = 0x10_0000;
/** The range in a container whose user namespace has the usual 65,536 ids: above system users and below `nobody`. */
const SMALL_RANGE = { first: 20_000, count: 40_000 };

/**
 * Determines the range of user ids that is reserved for commands.
 * @param setting the value of `COMMAND_UIDS`, such as `1900000000-1900099999`
 * @param installation a hash that identifies this installation
 * @throws Error when the setting is not a valid range
 */
export function commandUserIds(setting: string | undefined, installation: string): IdRange {
  if (setting) {
    const [first = 0, last = 0] = setting.split('-').map(Number);
    if (!/^\d+-\d+$/.test(setting) || first < 1000 || last < first || last > 0xffff_fffe)
      throw new Error('COMMAND_UIDS must be a range of user ids from 1000 on, such as 1900000000-1900099999');
    return { first, count: last - first + 1 };
  }
  const block = Number.parseInt(installation.slice(0, 2), 16);
  const first = FIRST + block * BLOCK_SIZE;
  return isMapped(first + BLOCK_SIZE - 1) ? { first, count: BLOCK_SIZE } : SMALL_RANGE;
}

/** Whether a user id is mapped in the user namespace of this process. */
function isMapped(uid: number): boolean {
  return readFileSync('/proc/self/uid_map', 'latin1')
    .trim()
    .split('\n')
    .some((line) => {
      const [inside = 0, , length = 0] = line.trim().split(/\s+/).map(Number);
      return uid >= inside && uid < inside + length;
    });
}

/**
 * Refuses a range in which somebody has an id already: commands would have the files of that user, and at each start all processes of it
 * would be ended as left behind.
 * @param passwd lines of passwd(5)
 * @param subuid lines of subuid(5), the ids that users may map in containers of their own
 * @throws Error that names the user
 */
export function refuseTakenIds({ first, count }: IdRange, passwd: string, subuid: string): void {
  const refuse = (whose: string): never => {
    throw new Error(
      `The user ids for commands, ${first}-${first + count - 1}, contain ${whose}. Set COMMAND_UIDS to a range that nobody uses.`,
    );
  };
  for (const line of passwd.split('\n')) {
    const [name, , uid] = line.split(':');
    if (uid && Number(uid) >= first && Number(uid) < first + count)
      refuse(`that of the user ${name}, ${uid}`);
  }
  for (const line of subuid.split('\n')) {
    const [name, start, length] = line.split(':');
    if (start && length && Number(start) < first + count && Number(start) + Number(length) > first)
      refuse(`those that /etc/subuid gives ${name}, ${start}-${Number(start) + Number(length) - 1}`);
  }
}
