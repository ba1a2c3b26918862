import { crc32 } from 'node:zlib';
import { createHash } from 'node:crypto';
import { customAlphabet } from 'nanoid';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomPart = customAlphabet(alphabet, 32);
const checksumLength = 6;

/** The prefix of every personal access token, by which people and secret scanners recognize it. */
export const tokenPrefix = 'mlr_pat_';
const whole = new RegExp(`^${tokenPrefix}([0-9A-Za-z]{32})([0-9A-Za-z]{${checksumLength}})$`);

/**
 * Generates a token: the prefix, 32 random characters (190 bits) and their CRC-32 in base 62, by which a scanner can tell a token from a
 * lookalike offline.
 */
export function makeToken(): string {
  const random = randomPart();
  return tokenPrefix + random + checksum(random);
}

/** Checks whether a text has the prefix of a personal access token. */
export function looksPersonal(text: string): boolean {
  return text.startsWith(tokenPrefix);
}

/** Checks whether a text has the form and the checksum of a token. */
export function isWellFormed(text: string): boolean {
  const [, random, sum] = whole.exec(text) ?? [];
  return random !== undefined && checksum(random) === sum;
}

/** Computes the hash under which a token is stored: SHA-256, since 190 random bits need no slow hash. */
export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Builds the hint by which its user can tell a token from others. */
export function hintOf(token: string): string {
  return `${tokenPrefix}…${token.slice(-4)}`;
}

function checksum(text: string): string {
  let digits = '';
  for (let rest = crc32(text); digits.length < checksumLength; rest = Math.floor(rest / 62))
    digits = alphabet.charAt(rest % 62) + digits;
  return digits;
}
