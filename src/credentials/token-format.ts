import { crc32 } from 'node:zlib';
import { createHash } from 'node:crypto';
import { customAlphabet } from 'nanoid';

/** The characters of tokens, which every shell, URL and command line takes as they are. */
export const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomPart = customAlphabet(alphanumeric, 32);
const checksumLength = 6;

/** The prefixes by which people and secret scanners recognize a personal access token, a key, and the token of a trigger. */
const prefixes = { token: 'mlr_pat_', key: 'mlr_key_', trigger: 'mlr_trg_' } as const;
export type TokenKind = keyof typeof prefixes;

const prefixLength = prefixes.token.length;
const whole = new RegExp(
  `^(?:${Object.values(prefixes).join('|')})([0-9A-Za-z]{32})([0-9A-Za-z]{${checksumLength}})$`,
);

/**
 * Generates a token: the prefix, 32 random characters (190 bits) and their CRC-32 in base 62, by which a scanner can tell a token from a
 * lookalike offline.
 */
export function makeToken(kind: TokenKind = 'token'): string {
  const random = randomPart();
  return prefixes[kind] + random + checksum(random);
}

/** Checks whether a text has the prefix of a token or a key. */
export function looksLikeToken(text: string): boolean {
  return Object.values(prefixes).some((prefix) => text.startsWith(prefix));
}

/** Checks whether a text has the form and the checksum of a token or a key. */
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
  return `${token.slice(0, prefixLength)}…${token.slice(-4)}`;
}

function checksum(text: string): string {
  let digits = '';
  for (let rest = crc32(text); digits.length < checksumLength; rest = Math.floor(rest / 62))
    digits = alphanumeric.charAt(rest % 62) + digits;
  return digits;
}
