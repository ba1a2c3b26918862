import type { OpenAPIObject } from '@nestjs/swagger';
import { ACCESS_EXTENSION } from '../http/endpoint.js';
import { scopesOfRoute } from '../common/scopes.js';
import { operationsOf } from './operations.js';

/** Documents the scopes, any of which permits a personal access token to use a route. */
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
