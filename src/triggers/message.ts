import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../common/errors.js';
import { mostBytesInAll, type InputValues } from '../executions/inputs/input-declarations.js';
import { mostValueBytes } from '../executions/inputs/input-value.js';
import { jsonLength } from './bounded-json.js';
import { valueAt } from './json-pointer.js';
import type { TriggerFilter } from './trigger.entity.js';

/** Headers that let their sender in somewhere, such as `Authorization`, `Cookie` and `X-Gitlab-Token`. */
const isSecret = (name: string) => /authorization|cookie|token|secret|password|api-?key/.test(name);
/** Headers that are between two machines only. */
const withheld = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A message that reached a trigger. */
export interface Message {
  body: Buffer;
  headers: Record<string, string>;
  /** The body as JSON; undefined when it is none. */
  json: unknown;
  /** The id of the delivery that its sender gave it. */
  deliveryId: string | undefined;
  /** The first name of its event, for the log. */
  event: string | undefined;
}

const mostIdCharacters = 200;

/** Reads a message: `X-GitHub-Delivery`, or `webhook-id` of Standard Webhooks, name its delivery. */
export function readMessage(body: Buffer, sent: IncomingHttpHeaders): Message {
  const headers = Object.fromEntries(
    Object.entries(sent).flatMap(([name, value]) =>
      withheld.has(name) || isSecret(name) || value === undefined ? [] : [[name, String(value)] as const],
    ),
  );
  const json = asJson(body);
  const id = headers['x-github-delivery'] ?? headers['webhook-id'];
  return {
    body,
    headers,
    json,
    deliveryId: readDeliveryId(id),
    event: eventsOf(headers, json)[0]?.slice(0, 100),
  };
}

/** Reads the id that a sender gave to a delivery. */
export const readDeliveryId = (id: string | undefined): string | undefined =>
  id === undefined || id === '' ? undefined : id.slice(0, mostIdCharacters);

function asJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** The names of a message's event: in the headers of GitHub and GitLab, and in the fields of GitLab, Standard Webhooks and ours. */
function eventsOf(headers: Record<string, string>, json: unknown): string[] {
  return [
    headers['x-github-event'],
    headers['x-gitlab-event'],
    ...['/object_kind', '/type', '/event'].map((pointer) => valueAt(json, pointer)),
  ].filter(isText);
}

const branchPointers = ['/ref', '/pull_request/base/ref', '/object_attributes/target_branch'];

/** The branches that a message is about: that of a push, or that into which a request would be merged. */
function branchesOf(json: unknown): string[] {
  return branchPointers
    .map((pointer) => valueAt(json, pointer))
    .filter(isText)
    .map((ref) => ref.replace(/^refs\/heads\//, ''));
}

/** Says why a filter leaves a message out. @returns undefined when it lets it pass */
export function leftOut(
  { events, branches, match = {} }: TriggerFilter,
  { headers, json }: Message,
): string | undefined {
  if (events && !eventsOf(headers, json).some((name) => events.includes(name))) return 'The event is another';
  if (branches && !branchesOf(json).some((name) => branches.includes(name))) return 'The branch is another';
  const other = Object.entries(match).find(([pointer, value]) => valueAt(json, pointer) !== value);
  return other && `${other[0]} has another value`;
}

/**
 * Takes the values of inputs from a message. A pointer to nothing gives no value; one to more than a value gives its JSON.
 * @throws VALIDATION_ERROR with the field `inputs.NAME` when the JSON is longer than an input may be, before it is written
 */
export function inputsOf(inputsFrom: Record<string, string>, json: unknown): InputValues {
  const values: InputValues = {};
  // many inputs may be given the same part of a message
  const written = new Map<unknown, string>();
  let characters = 0;
  for (const [name, pointer] of Object.entries(inputsFrom)) {
    const value = valueAt(json, pointer);
    if (value === undefined || value === null) continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      values[name] = value;
      continue;
    }
    const text = written.get(value) ?? textOf(name, value);
    written.set(value, text);
    characters += text.length;
    if (characters > mostBytesInAll) throw tooLong('inputs', mostBytesInAll);
    values[name] = text;
  }
  return values;
}

function textOf(name: string, value: unknown): string {
  if (jsonLength(value, mostValueBytes) > mostValueBytes) throw tooLong(`inputs.${name}`, mostValueBytes);
  return JSON.stringify(value);
}

const tooLong = (field: string, most: number) =>
  new AppError('VALIDATION_ERROR', { field, issue: `must not exceed ${most} bytes` });
