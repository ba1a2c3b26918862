import { z } from 'zod';
import { id, instant, toInstant, versionField } from '../common/fields.js';
import type { ChecklistItem } from './checklist-item.entity.js';

/** The most items of one task. */
export const mostItems = 200;

const text = z.string().trim().min(1).max(500);
const position = z
  .int()
  .min(0)
  .max(mostItems)
  .meta({ description: 'Its place from 0; the others move. One beyond the end means the end' });

export const createItemSchema = z
  .object({ text, done: z.boolean().default(false), position: position.optional() })
  .meta({ id: 'CreateChecklistItem', examples: [{ text: 'Renew the certificate' }] });
export type CreateItem = z.output<typeof createItemSchema>;

export const updateItemSchema = z
  .object({ text, done: z.boolean(), position })
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateChecklistItem', examples: [{ done: true }] });
export type UpdateItem = z.output<typeof updateItemSchema>;

export const itemSchema = z
  .object({
    id,
    task_id: id,
    text: z.string(),
    done: z.boolean(),
    done_by: id.nullable(),
    done_at: instant.nullable(),
    position: z.int(),
    version: z.int(),
  })
  .meta({ id: 'ChecklistItem' });
export type ItemView = z.output<typeof itemSchema>;

export const toItem = (row: ChecklistItem): ItemView => ({
  id: row.id,
  task_id: row.task_id,
  text: row.text,
  done: row.done_at !== null,
  done_by: row.done_by,
  done_at: toInstant(row.done_at),
  position: row.position,
  version: row.version,
});

const count = z.int().min(0);
export const checklistSchema = z
  .object({ task_id: id, total: count, done: count, items: z.array(itemSchema) })
  .meta({ id: 'Checklist' });
export type ChecklistView = z.output<typeof checklistSchema>;
