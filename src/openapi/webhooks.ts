import type { OpenAPIObject } from '@nestjs/swagger';
import { webhookMessages } from '../webhooks/webhook-events.schema.js';
import { addComponent, addComponents, type Json } from './convert.js';
import { sample } from './examples.js';

const id = '01a2024a-912d-72cf-a321-99955c0b2f5f';

/** The headers of a message, with a signature for each way to verify it. */
const headers = {
  WebhookSignature256: {
    name: 'X-Signature-256',
    required: true,
    description:
      '`sha256=` and the HMAC-SHA256 of the raw body in hexadecimal, keyed by the secret as it was shown',
    schema: { type: 'string', pattern: '^sha256=[0-9a-f]{64}$' },
    example: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  },
  WebhookSignature256Previous: {
    name: 'X-Signature-256-Previous',
    description:
      'Like `X-Signature-256`, but keyed by the previous secret; sent for 24 hours after a rotation',
    schema: { type: 'string', pattern: '^sha256=[0-9a-f]{64}$' },
    example: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  },
  WebhookDeliveryId: {
    name: 'X-Delivery-ID',
    required: true,
    description: 'The id of the message, which is the same for every attempt',
    schema: { type: 'string', format: 'uuid' },
    example: id,
  },
  WebhookEventType: {
    name: 'X-Event-Type',
    required: true,
    description: 'The name of the event, as in the body',
    schema: { type: 'string' },
    example: 'task.completed',
  },
  WebhookId: {
    name: 'webhook-id',
    required: true,
    description: 'Standard Webhooks: the id of the message, which is the delivery id',
    schema: { type: 'string', format: 'uuid' },
    example: id,
  },
  WebhookTimestamp: {
    name: 'webhook-timestamp',
    required: true,
    description:
      'Standard Webhooks: the start of this attempt in Unix seconds; refuse messages older than five minutes',
    schema: { type: 'string', pattern: '^[0-9]{10}$' },
    example: '1785412800',
  },
  WebhookSignature: {
    name: 'webhook-signature',
    required: true,
    description:
      'Standard Webhooks: one or two signatures of `id.timestamp.body` with a space between, keyed by what follows `whsec_` in base64',
    schema: { type: 'string', pattern: '^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)?$' },
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
} satisfies Record<string, Json>;

const responses = {
  '2XX': {
    description: 'The message was accepted. Respond within 10 seconds, and process the message afterwards.',
  },
  '410': { description: 'The receiver is gone; the webhook is deactivated.' },
  '429': {
    description:
      'As with every other response, the message is sent again, with growing delays for about a day.',
    headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
  },
};

/** Documents the messages to webhooks: one for each event, with the responses of a receiver. */
export function addWebhooks(document: OpenAPIObject): void {
  const parameters = Object.entries(headers).map(([component, header]) => [
    component,
    { in: 'header', ...header },
  ]);
  addComponents(document, 'parameters', Object.fromEntries(parameters) as Json);
  const webhooks: Json = {};
  for (const { event, name, summary, description, schema } of webhookMessages) {
    const reference = addComponent(document, schema);
    const post = {
      operationId: `on${name}`,
      summary,
      description,
      tags: ['webhooks'],
      security: [],
      parameters: Object.keys(headers).map((component) => ({ $ref: `#/components/parameters/${component}` })),
      requestBody: {
        required: true,
        content: { 'application/json': { schema: reference, example: sample(document, reference) } },
      },
      responses,
    };
    webhooks[event] = { post };
  }
  document.webhooks = webhooks as typeof document.webhooks;
}
