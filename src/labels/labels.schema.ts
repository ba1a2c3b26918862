import { z } from 'zod';
import { id, instant, toInstant, versionField } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { queryFlag } from '../http/query.js';
import { projectIdParam } from '../projects/project-access.js';
import { labelKinds, type Label } from './label.entity.js';

const fields = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(50)
    .regex(/^[^,]+$/, 'A label has no comma')
    .meta({ description: 'Compared without regard to case' }),
  color: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'Send a colour such as #e03e3e')
    .transform((color) => color.toLowerCase())
    .nullable(),
  description: z.string().max(2_000),
};

export const createLabelSchema = z
  .object({
    name: fields.name,
    color: fields.color.default(null),
    description: fields.description.default(''),
    project_id: projectIdParam
      .nullable()
      .default(null)
      .meta({ description: 'Null for a label of the whole installation, which administrators make' }),
    kind: z.enum(labelKinds).default('task'),
  })
  .meta({
    id: 'CreateLabel',
    examples: [{ name: 'security', color: '#e03e3e', project_id: 'SHOP' }],
  });
export type CreateLabel = z.output<typeof createLabelSchema>;

export const updateLabelSchema = z
  .object({ ...fields, archived: z.boolean() })
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateLabel', examples: [{ name: 'safety', color: null }] });
export type UpdateLabel = z.output<typeof updateLabelSchema>;

export const labelSchema = z
  .object({
    id,
    project_id: id.nullable(),
    kind: z.enum(labelKinds),
    name: z.string(),
    color: z.string().nullable(),
    description: z.string(),
    created_by: id.nullable(),
    created_at: instant,
    updated_at: instant,
    archived_at: instant.nullable(),
    version: z.int(),
  })
  .meta({ id: 'Label' });
export type LabelView = z.output<typeof labelSchema>;

export const toLabel = (row: Label): LabelView => ({
  id: row.id,
  project_id: row.project_id,
  kind: row.kind,
  name: row.name,
  color: row.color,
  description: row.description,
  created_by: row.created_by,
  created_at: toInstant(row.created_at),
  updated_at: toInstant(row.updated_at),
  archived_at: toInstant(row.archived_at),
  version: row.version,
});

export const labelListQuery = pageQuery(100).extend({
  project_id: projectIdParam
    .optional()
    .meta({ description: 'The labels of this project and of the whole installation' }),
  kind: z.enum(labelKinds).optional().meta({ description: 'What the labels are for' }),
  search: z
    .string()
    .max(50)
    .optional()
    .meta({ description: 'The beginning of the name, without regard to case' }),
  include_archived: queryFlag.default(false).meta({ description: 'Archived labels, too' }),
});
export type LabelListQuery = z.output<typeof labelListQuery>;
export const labelPageSchema = pageSchema(labelSchema).meta({ id: 'LabelPage' });
