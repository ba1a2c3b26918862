import { z } from 'zod';
import { id, instant, sentInstant } from '../common/fields.js';
import { queryNumber, querySchema } from '../http/query.js';
import { projectIdParam } from '../projects/project-access.js';

const kinds = ['human', 'ai', 'system'] as const;

const actorName = z
  .string()
  .max(220)
  .regex(
    /^((human|ai):.+|[0-9a-fA-F-]{36})$/,
    'Send the id of a user, or a name such as human:bob or ai:chat-bot',
  )
  .transform((text): { id: string } | { kind: 'human' | 'ai'; name: string } => {
    const at = text.indexOf(':');
    return at < 0
      ? { id: text.toLowerCase() }
      : { kind: text.slice(0, at) as 'human' | 'ai', name: text.slice(at + 1) };
  });

export const activityQuery = querySchema({
  project_id: projectIdParam.optional().meta({ description: 'Only of this project: its id or its key' }),
  entity_type: z
    .string()
    .max(50)
    .optional()
    .meta({ description: 'Only of this type of thing, such as task, project or document' }),
  entity_id: id.optional().meta({ description: 'Only of the thing with this id' }),
  actor: actorName.optional().meta({
    description:
      'Only of this actor: the id of a user, `human:` and a username, or `ai:` and the name of an agent or a key',
  }),
  action: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Only this action, such as created or claimed' }),
  from: sentInstant.optional().meta({ description: 'Only from this time on' }),
  to: sentInstant.optional().meta({ description: 'Only until this time' }),
  before: queryNumber({ least: 1, most: Number.MAX_SAFE_INTEGER })
    .optional()
    .meta({ description: 'The `next_before` of the answer before' }),
  limit: queryNumber({ least: 1, most: 200 })
    .default(50)
    .meta({ description: 'The maximum number of entries' }),
});
export type ActivityQuery = z.output<typeof activityQuery>;

export const activityEntrySchema = z
  .object({
    sequence: z.int().meta({ description: 'Grows with each entry' }),
    at: instant,
    actor: z
      .object({ id: id.nullable(), kind: z.enum(kinds), name: z.string() })
      .meta({ description: 'A person, an agent or a key, or Millrace itself' }),
    entity_type: z.string().meta({ examples: ['task'] }),
    entity_id: id,
    project_id: id.nullable(),
    action: z.string().meta({ examples: ['status_changed'] }),
    old_value: z.unknown(),
    new_value: z.unknown(),
  })
  .meta({ id: 'ActivityEntry' });
export type ActivityEntryView = z.output<typeof activityEntrySchema>;

export const activityPageSchema = z
  .object({
    activity: z.array(activityEntrySchema),
    next_before: z.int().nullable().meta({
      description:
        'The `before` of earlier entries; null at the beginning. With filters a page can have fewer entries than asked for, or none, and be followed by others',
    }),
  })
  .meta({ id: 'ActivityPage' });
export type ActivityPage = z.output<typeof activityPageSchema>;
