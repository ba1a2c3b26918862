import type { OpenAPIObject } from '@nestjs/swagger';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { KeptBytes } from './kept-bytes.js';

const path = '../../openapi/openapi.json';

/**
 * The document that `npm run openapi:write` has generated; a check in CI fails when it differs from the routes. It is read at first use:
 * generating it from the schemas took 0.5 s of processor time at every start.
 */
export const servedDocument = (): OpenAPIObject => createRequire(import.meta.url)(path) as OpenAPIObject;

/** The document as it is sent, and its entity tag (RFC 9110 §8.8.3), which is weak since the text is also sent compressed. */
export function documentFile(): { tag: string; bytes: KeptBytes } {
  const read = () => readFileSync(new URL(path, import.meta.url));
  const tag = `W/"${createHash('sha256').update(read()).digest('base64url').slice(0, 22)}"`;
  return { tag, bytes: new KeptBytes(read) };
}
