import type { OpenAPIObject } from '@nestjs/swagger';
import { createRequire } from 'node:module';

/**
 * The document as it was written by `npm run openapi:write`; a check refuses one that is not what the routes say. Read when
 * it is first asked for: to make it from the schemas took 0.5 s of processor time at every start.
 */
export const servedDocument = (): OpenAPIObject =>
  createRequire(import.meta.url)('../../openapi/openapi.json') as OpenAPIObject;
