// Writes what webhooks are sent: one type over all messages, and which of their fields are free-form.
import { byName } from './names.mjs';
import { freeFields, resolve } from './shapes.mjs';
import { heading } from './write-resources.mjs';

export function writeWebhookEvent(document) {
  const schemas = Object.values(document.webhooks).map(
    (item) => resolve(document, item.post.requestBody).content['application/json'].schema,
  );
  const names = schemas.map(({ $ref }) => $ref.split('/').pop()).toSorted(byName);
  const keep = [...new Set(schemas.flatMap((schema) => freeFields(document, schema)))].toSorted(byName);
  return `${heading}import type { ${names.join(', ')} } from './types.js';

/** What a webhook is sent; \`event\` tells which of these it is. */
export type WebhookEvent = ${names.join(' | ')};

/** Fields of it, in the names of the wire, whose content is free-form. */
export const keptInWebhookEvents: readonly string[] = ${JSON.stringify(keep)};
`;
}
