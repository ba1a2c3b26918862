import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { TurnsPerUser } from '../common/turns-per-user.js';

const atOnce = availableParallelism() > 2 ? 2 : 1;

/**
 * A hash takes a thread of libuv's pool, which has four, and a core, for 15 ms and more; files and names of hosts are looked up by the
 * same threads. So a part of them is left to others, however many sign in at once, and who waits is served in turn by where it
 * comes from.
 */
const turns = new TurnsPerUser(
  { perUser: atOnce, inAll: atOnce },
  { perUser: 100, inAll: 400, patienceMs: 30_000 },
);

/** The same text however the keyboard composed it (NIST SP 800-63B, 5.1.1.2). */
const normalized = (password: string) => password.normalize('NFKC');

/**
 * Argon2id with the library's defaults, which meet OWASP's minimum (19 MiB, 2 passes).
 * @param owner who has it hashed: a network address or a user
 * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when too many wait
 */
export function hashPassword(password: string, owner: string): Promise<string> {
  return turns.take(owner, () => hash(normalized(password)));
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
    const against = passwordHash ?? (await decoy);
    const text = normalized(password);
    // hashes of before were made of what was typed
    const matches = (await verify(against, text)) || (text !== password && (await verify(against, password)));
    return matches && passwordHash !== undefined;
  });
}
