import { createHash, timingSafeEqual } from 'node:crypto';
import { bearerToken } from './bearer-token.js';

const hashOf = (text: string) => createHash('sha256').update(text).digest();

/** Tells whether an `Authorization` header carries a token, in a time that does not depend on how much of it matches. */
export function isBearer(header: string | undefined, token: string): boolean {
  const given = bearerToken(header);
  return given !== undefined && timingSafeEqual(hashOf(given), hashOf(token));
}
