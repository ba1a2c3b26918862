import type { OpenAPIObject } from '@nestjs/swagger';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const path = '../../openapi/openapi.json';

/**
 * The document as it was written by `npm run openapi:write`; a check refuses one that is not what the routes say. Read when
 * it is first asked for: to make it from the schemas took 0.5 s of processor time at every start.
 */
export const servedDocument = (): OpenAPIObject => createRequire(import.meta.url)(path) as OpenAPIObject;

/** The same as it is sent, with an entity tag (RFC 9110 §8.8.3): weak, since it is also sent compressed. */
export function documentFile(): { tag: string; text: () => string } {
  const read = () => readFileSync(new URL(path, import.meta.url), 'utf8');
  const tag = `W/"${createHash('sha256').update(read()).digest('base64url').slice(0, 22)}"`;
  let text: string | undefined;
  return { tag, text: () => (text ??= read()) };
}
