import { z } from 'zod';
import { querySchema } from '../http/query.js';
import { projectIdParam } from '../projects/project-access.js';

export const feedQuery = querySchema({
  project_id: projectIdParam.optional().meta({ description: 'Only of this project: its id or its key' }),
  types: z
    .string()
    .max(500)
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .optional()
    .meta({ description: 'Only about things of these types, with commas, such as task,document' }),
});
export type FeedQuery = z.output<typeof feedQuery>;

const example = [
  'id: 4711',
  'event: activity',
  'data: {"sequence":4711,"at":"2026-11-30T12:00:00.000Z","actor":{"id":"01a2024a-912d-72cf-a321-99955c0b2f5f","kind":"human","name":"Bob"},"entity_type":"task","entity_id":"01a2024a-912d-72cf-a321-99955c0b2f60","project_id":"01a2024a-912d-72cf-a321-99955c0b2f61","action":"created","old_value":null,"new_value":{"title":"Run the tests"}}',
  '',
  '',
].join('\n');

/** The answer of the feed, in the OpenAPI document. */
export const feedMedia = {
  'text/event-stream': {
    schema: {
      type: 'string',
      contentMediaType: 'text/event-stream',
      contentSchema: { $ref: '#/components/schemas/ActivityEntry' },
    },
    example,
  },
};
