import { createHash, timingSafeEqual } from 'node:crypto';
import { bearerToken } from './bearer-token.js';

const hashOf = (text: string) => createHash('sha256').update(text).digest();

/** True when an `Authorization` header carries this very token; takes the same time however much of it is right. */
export function isBearer(header: string | undefined, token: string): boolean {
  const given = bearerToken(header);
  return given !== undefined && timingSafeEqual(hashOf(given), hashOf(token));
}
