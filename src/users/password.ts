import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { TurnsPerUser } from '../common/turns-per-user.js';

const atOnce = availableParallelism() > 2 ? 2 : 1;

/**
 * Bounds the hashes that are computed at once. A hash occupies one of the four threads of libuv's pool, and a core, for 15 ms and more,
 * and file access and DNS look-ups need the same threads. Waiting requests take turns by their owner.
 */
const turns = new TurnsPerUser(
  { perUser: atOnce, inAll: atOnce },
  { perUser: 100, inAll: 400, timeoutMs: 30_000 },
);

/** Normalizes a password, so that it does not depend on how a keyboard composes characters (NIST SP 800-63B, 5.1.1.2). */
const normalized = (password: string) => password.normalize('NFKC');

/**
 * Hashes a password by Argon2id with the library's defaults, which meet OWASP's minimum (19 MiB, 2 passes).
 * @param owner the network address or the user that requests it
 * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when too many wait
 */
export function hashPassword(password: string, owner: string): Promise<string> {
  return turns.take(owner, () => hash(normalized(password)));
}

let decoy: Promise<string> | undefined;

/**
 * Verifies a password. Without a hash it does the same work, so that the timing does not reveal which usernames exist.
 * @param owner the network address or the user that requests it
 * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when too many wait
 */
export function verifyPassword(
  passwordHash: string | undefined,
  password: string,
  owner: string,
): Promise<boolean> {
  return turns.take(owner, async () => {
    decoy ??= hash('no user has this password');
    const against = passwordHash ?? (await decoy);
    const text = normalized(password);
    // older hashes were made from the password as it was typed, without normalization
    const matches = (await verify(against, text)) || (text !== password && (await verify(against, password)));
    return matches && passwordHash !== undefined;
  });
}
