import { crc32 } from 'node:zlib';
import { createHash } from 'node:crypto';
import { customAlphabet } from 'nanoid';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomPart = customAlphabet(alphabet, 32);
const checksumLength = 6;

/** What every personal access token begins with, so that people and secret scanners know it for one. */
export const tokenPrefix = 'mlr_pat_';
const whole = new RegExp(`^${tokenPrefix}([0-9A-Za-z]{32})([0-9A-Za-z]{${checksumLength}})$`);

/** A new token: the prefix, 32 random characters (190 bits) and the CRC-32 of these in base 62, which tells a token from a lookalike offline. */
export function makeToken(): string {
  const random = randomPart();
  return tokenPrefix + random + checksum(random);
}

/** Whether a text is meant to be a personal access token. */
export function looksPersonal(text: string): boolean {
  return text.startsWith(tokenPrefix);
}

/** Whether a text can be a token of ours at all: its checksum is right. */
export function isWellFormed(text: string): boolean {
  const [, random, sum] = whole.exec(text) ?? [];
  return random !== undefined && checksum(random) === sum;
}

/** What is stored of a token: SHA-256, since 190 random bits need no slow hash. */
export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Enough of a token for its user to tell it from others. */
export function hintOf(token: string): string {
  return `${tokenPrefix}…${token.slice(-4)}`;
}

function checksum(text: string): string {
  let digits = '';
  for (let rest = crc32(text); digits.length < checksumLength; rest = Math.floor(rest / 62))
    digits = alphabet.charAt(rest % 62) + digits;
  return digits;
}
