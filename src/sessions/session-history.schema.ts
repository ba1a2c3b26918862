import { z } from 'zod';
import { id, instant } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { executionStatuses } from '../executions/transitions/execution-state.js';
import { commandTruncated } from '../executions/listed-command.js';

export const historyQuery = pageQuery();
export type HistoryQuery = z.output<typeof historyQuery>;

export const sessionEventSchema = z
  .object({
    id,
    timestamp: instant,
    action: z.string(),
    entity_type: z.string(),
    entity_id: id,
    project_id: id.nullable(),
    old_value: z.unknown(),
    new_value: z.unknown(),
    command: z
      .object({
        execution_id: id,
        command: z.string(),
        command_truncated: commandTruncated,
        status: z.enum(executionStatuses),
        exit_code: z.int().nullable(),
      })
      .nullable()
      .meta({ description: 'The requested command with its state' }),
  })
  .meta({ id: 'SessionEvent' });
export type SessionEvent = z.output<typeof sessionEventSchema>;

export const sessionHistorySchema = pageSchema(sessionEventSchema)
  .extend({ session_id: id })
  .meta({ id: 'SessionHistory' });
export type SessionHistory = z.output<typeof sessionHistorySchema>;
