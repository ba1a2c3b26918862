import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { FairTurns } from '../common/fair-turns.js';

/**
 * A hash takes a thread of libuv's pool, which has four, and a core, for 15 ms and more; files and names of hosts are looked up by the
 * same threads. So a part of them is left to others, however many sign in at once, and who waits is served in turn by where it
 * comes from.
 */
const turns = new FairTurns({
  atOnce: availableParallelism() > 2 ? 2 : 1,
  waitingOfOne: 100,
  waitingInAll: 400,
});

/**
 * Argon2id with the library's defaults, which meet OWASP's minimum (19 MiB, 2 passes).
 * @param owner who has it hashed: a network address or a user
 * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when too many wait
 */
export function hashPassword(password: string, owner: string): Promise<string> {
  return turns.take(owner, () => hash(password));
}

let decoy: Promise<string> | undefined;

/**
 * Checks a password; with no hash it does the same work, so that timing does not tell which names exist.
 * @param owner who has it checked: a network address or a user
 * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when too many wait
 */
export function verifyPassword(
  passwordHash: string | undefined,
  password: string,
  owner: string,
): Promise<boolean> {
  return turns.take(owner, async () => {
    decoy ??= hash('no user has this password');
    const matches = await verify(passwordHash ?? (await decoy), password);
    return matches && passwordHash !== undefined;
  });
}
