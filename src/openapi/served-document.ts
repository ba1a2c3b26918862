import type { OpenAPIObject } from '@nestjs/swagger';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const path = '../../openapi/openapi.json';

/**
 * The document that `npm run openapi:write` has generated; a check in CI fails when it differs from the routes. It is read at first use:
 * generating it from the schemas took 0.5 s of processor time at every start.
 */
export const servedDocument = (): OpenAPIObject => createRequire(import.meta.url)(path) as OpenAPIObject;

/** The document's text and its entity tag (RFC 9110 §8.8.3), which is weak since the text is also sent compressed. */
export function documentFile(): { tag: string; text: () => string } {
  const read = () => readFileSync(new URL(path, import.meta.url), 'utf8');
  const tag = `W/"${createHash('sha256').update(read()).digest('base64url').slice(0, 22)}"`;
  let text: string | undefined;
  return { tag, text: () => (text ??= read()) };
}
