import { readFileSync } from 'node:fs';

/**
 * The ids that systemd's list of user ids calls unused, 1879048192 to 2147483647: 256 blocks of a million, of which an installation
 * takes one by its data folder, so that several on one host seldom share users.
 * @see https://systemd.io/UIDS-GIDS/
 */
const FIRST = 0x7000_0000;
const BLOCK = 0x10_0000;
/** Of a container whose user namespace has the usual 65,536 ids: above system users, below `nobody`. */
const SMALL = { first: 20_000, count: 40_000 };

/**
 * Which user ids are for commands.
 * @param setting `COMMAND_UIDS`, such as `100000-199999`
 * @param installation a hash of what tells this installation from others
 * @throws Error when the setting is no range that may be used
 */
export function commandUserIds(
  setting: string | undefined,
  installation: string,
): { first: number; count: number } {
  if (setting) {
    const [first = 0, last = 0] = setting.split('-').map(Number);
    if (!/^\d+-\d+$/.test(setting) || first < 1000 || last < first || last > 0xffff_fffe)
      throw new Error('COMMAND_UIDS must be a range of user ids from 1000 on, such as 100000-199999');
    return { first, count: last - first + 1 };
  }
  const block = Number.parseInt(installation.slice(0, 2), 16);
  const first = FIRST + block * BLOCK;
  return isMapped(first + BLOCK - 1) ? { first, count: BLOCK } : SMALL;
}

/** Whether our user namespace has this id. */
function isMapped(uid: number): boolean {
  return readFileSync('/proc/self/uid_map', 'latin1')
    .trim()
    .split('\n')
    .some((line) => {
      const [inside = 0, , length = 0] = line.trim().split(/\s+/).map(Number);
      return uid >= inside && uid < inside + length;
    });
}
