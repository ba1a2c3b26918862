import { z } from 'zod';
import { queryNumber, querySchema } from '../http/query.js';

const flag = z.enum(['true', 'false']).default('false');
const offset = queryNumber({ least: 0, most: Number.MAX_SAFE_INTEGER });
const stream = z.enum(['stdout', 'stderr']).optional();
const ansi = z
  .enum(['keep', 'strip'])
  .default('keep')
  .meta({ description: '`strip` removes colours and other terminal control sequences' });

/** The query of the routes that return an output. */
export const outputQuery = querySchema({
  from_offset: offset.default(0).meta({ description: 'The first byte, in the output of both streams' }),
  limit: queryNumber({ least: 1, most: Number.MAX_SAFE_INTEGER })
    .optional()
    .meta({ description: 'The maximum number of bytes of the output of both streams' }),
  tail: queryNumber({ least: 1, most: 10_000 }).optional().meta({ description: 'The number of last lines' }),
  stream: stream.meta({ description: 'One stream only' }),
  ansi,
  follow: flag.meta({ description: 'true to follow the output until the command ends' }),
  download: flag.meta({ description: 'true to let browsers save it as a file' }),
});
export type OutputQuery = z.output<typeof outputQuery>;

/** The description of the routes that return an output, in the OpenAPI document. */
export const outputDescription =
  'Raw bytes as they were written: those stored now, or with `follow=true` until the command ends. `from_offset` and `limit`, or a ' +
  '`Range` header with one range (answered by 206), give a part; `tail` the last lines (1 to 10000, at most 16 MiB). `stream` leaves ' +
  'one stream, `ansi=strip` takes out terminal control sequences. With `Accept: text/event-stream` server-sent events until the end: ' +
  '`data` is a frame as JSON, `id` the offset after it, so `Last-Event-ID` resumes; the id of the end is `<total>-end`, after which 204 ' +
  'is answered; `limit` and `ansi=strip` are refused with them. Output that was removed after its retention time is ' +
  'answered by 410.';

const exampleEvents = [
  'id: 6',
  'data: {"command_id":"01a2024a-912d-72cf-a321-99955c0b2f5f","timestamp":"2026-07-30T12:00:00.000Z","stream":"stdout","content":"Hello\\n","offset":0,"length":6}',
  '',
  'id: 6-end',
  'data: {"command_id":"01a2024a-912d-72cf-a321-99955c0b2f5f","timestamp":"2026-07-30T12:00:01.000Z","stream":"stdout","content":"","offset":6,"length":0,"end":true,"total":6,"exit_code":0}',
  '',
  '',
].join('\n');

/** What a response without content means. */
export const outputEmpty = { 204: 'The client has already received the end of the events' };

/** The response of the routes that return an output, in the OpenAPI document; `contentSchema` describes the `data` of an event. */
export const outputMedia = {
  'application/octet-stream': {},
  'text/event-stream': {
    schema: {
      type: 'string',
      contentMediaType: 'text/event-stream',
      contentSchema: { $ref: '#/components/schemas/OutputEvent' },
    },
    example: exampleEvents,
  },
};

/** The cursor of a search: a byte offset, and the number of the line that begins there. */
const cursor = z
  .string()
  .regex(/^\d{1,15}\.[1-9]\d{0,14}$/, 'Send a next_cursor as it was answered')
  .default('0.1')
  .transform((text) => {
    const [at = 0, line = 1] = text.split('.').map(Number);
    return { offset: at, line };
  });

export const outputSearchQuery = querySchema({
  q: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^\r\n]+$/, 'A search is within a line')
    .meta({ description: 'The text to search for; not a regular expression' }),
  ignore_case: flag.meta({ description: 'true to ignore the case of A to Z' }),
  context: queryNumber({ least: 0, most: 20 })
    .default(0)
    .meta({ description: 'The number of lines before and after each match' }),
  limit: queryNumber({ least: 1, most: 500 })
    .default(100)
    .meta({ description: 'The maximum number of matching lines; a response also ends after 4 MiB of text' }),
  stream: stream.meta({ description: 'One stream only; lines are counted in it' }),
  ansi,
  cursor: cursor.meta({ description: 'The `next_cursor` of the previous response' }),
});
export type OutputSearchQuery = z.output<typeof outputSearchQuery>;

const text = z
  .string()
  .meta({ description: 'The line without its line feed; of a long line, 2000 bytes around the match' });
const line = z.int().min(1).meta({ description: 'The line number, from 1' });

export const outputSearchSchema = z
  .object({
    matches: z.array(
      z.object({
        line,
        offset: z.int().min(0).meta({ description: 'The offset of the first byte of the line' }),
        match_offset: z.int().min(0).meta({ description: 'The offset of the first byte of the match' }),
        text,
        before: z.array(text),
        after: z.array(text),
      }),
    ),
    searched_to: z.int().min(0).meta({ description: 'The offset up to which the output has been searched' }),
    complete: z.boolean().meta({ description: 'True when the whole stored output has been searched' }),
    next_cursor: z.string().nullable().meta({
      description: 'The `cursor` for the rest of the output; null when all of it has been searched',
    }),
  })
  .meta({ id: 'OutputSearch' });
export type OutputSearch = z.output<typeof outputSearchSchema>;

export const outputSearchDescription =
  'Lines that hold a text, in the output that is stored now, with their numbers and byte offsets. An answer searches for at most 5 s; ' +
  'while `next_cursor` is not null there may be more.';
