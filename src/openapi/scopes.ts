import type { OpenAPIObject } from '@nestjs/swagger';
import { ACCESS_EXTENSION } from '../common/endpoint.js';
import type { Permission } from '../common/permissions.js';
import { scopesOfRoute } from '../common/scopes.js';
import { operationsOf, type Operation } from './operations.js';

/** Says of every route that takes a token which scopes of a personal access token open it; one of them is enough. */
export function addScopes(document: OpenAPIObject): void {
  for (const { path, method, operation } of operationsOf(document)) {
    const described: Operation & { description?: string; [ACCESS_EXTENSION]?: Permission } = operation;
    const access = described[ACCESS_EXTENSION];
    if (access === undefined) continue;
    const scopes = scopesOfRoute(path, access, method.toUpperCase());
    const names = scopes.map((scope) => `\`${scope}\``).join(', ');
    const text = scopes.length === 0 ? 'Not for personal access tokens.' : `Scopes, one of: ${names}.`;
    const description = [described.description, text].filter(Boolean).join('\n\n');
    Object.assign(operation, { description, 'x-scopes': scopes });
  }
}
