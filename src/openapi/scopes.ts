import type { OpenAPIObject } from '@nestjs/swagger';
import { ACCESS_EXTENSION } from '../http/endpoint.js';
import { scopesOfRoute } from '../common/scopes.js';
import { operationsOf } from './operations.js';

/** Says of every route that takes a token which scopes of a personal access token open it; one of them is enough. */
export function addScopes(document: OpenAPIObject): void {
  for (const { path, method, operation } of operationsOf(document)) {
    const { description, [ACCESS_EXTENSION]: access } = operation;
    if (access === undefined) continue;
    const scopes = scopesOfRoute(path, access, method.toUpperCase());
    const names = scopes.map((scope) => `\`${scope}\``).join(', ');
    const text = scopes.length === 0 ? 'Not for personal access tokens.' : `Scopes, one of: ${names}.`;
    Object.assign(operation, { description: `${description}\n\n${text}`, 'x-scopes': scopes });
  }
}
