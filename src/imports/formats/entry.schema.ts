import { z } from 'zod';
import { mostFileBytes } from '../../common/body-limits.js';
import { durationSchema } from '../../common/duration.js';
import { sentInstant } from '../../common/fields.js';
import { mostAttached } from '../../attachments/attachments.schema.js';
import { mostItems } from '../../checklists/checklists.schema.js';
import { mostComments } from '../../comments/comments.schema.js';
import { mostCharacters, mostOfKind } from '../../documents/documents.schema.js';
import { fileStatuses } from '../../exports/file-words.js';
import { labelKinds } from '../../labels/label.entity.js';
import { taskStatuses } from '../../tasks/task.entity.js';
import { tag, taskFields as shape } from '../../tasks/task-fields.schema.js';
import { maxDependencies } from '../../tasks/task-dependencies.schema.js';
import { workflowStatuses } from '../../tasks/task-words.js';

/** What an export says that no import can set, such as who made something and when. */
const informational = z.unknown().optional();
const name = z.string().max(200).nullable();
const ref = z.string().trim().min(1).max(200);

export const attachmentEntry = z
  .strictObject({
    name: z.string().trim().min(1).max(255),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .nullish(),
    media_type: z.string().max(200).nullish(),
    size: z.int().min(0).optional(),
    sha256: z.string().nullish(),
    content: z
      .string()
      .max(Math.ceil(mostFileBytes / 3) * 4, 'A file has at most 10 MiB')
      .refine(
        (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
        'Send the content in base64',
      )
      .optional(),
    created_by: informational,
    created_at: informational,
  })
  .meta({ description: 'A link, or a file with its content in base64' });
export type AttachmentEntry = z.output<typeof attachmentEntry>;
const attachments = z.array(attachmentEntry).max(mostAttached).default([]);

const body = z.string().max(mostCharacters);
const changeNote = z.string().trim().max(500).nullish();

const versionEntry = z.strictObject({
  version: informational,
  title: z.string().max(500),
  body,
  change_note: changeNote,
  author: informational,
  created_at: informational,
});

const documentShape = {
  id: z.string().max(100).optional(),
  title: z.string().trim().max(500).default(''),
  body,
  change_note: changeNote,
  version: informational,
  earlier_versions: z.array(versionEntry).max(10_000).default([]),
  attachments,
  created_by: informational,
  created_at: informational,
  updated_at: informational,
};
const hasTitle = ({ kind, title }: { kind?: string; title: string }) => kind === 'memory' || title !== '';
const noTitle = { path: ['title'], message: 'A plan or a doc has a title' };

export const documentEntry = z
  .strictObject({
    ...documentShape,
    kind: z.enum(['doc', 'memory']).default('doc'),
    tags: z.array(tag).max(50).default([]),
  })
  .refine(hasTitle, noTitle);
export type DocumentEntry = z.output<typeof documentEntry>;

const planEntry = z
  .strictObject({ ...documentShape, kind: z.literal('plan').default('plan') })
  .refine(hasTitle, noTitle);
export type PlanEntry = z.output<typeof planEntry>;

export const labelEntry = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(50)
    .regex(/^[^,]+$/, 'A label has no comma'),
  kind: z.enum(labelKinds).default('task'),
  color: z
    .string()
    .regex(/^#?[0-9a-fA-F]{6}$/, 'Send a colour such as #e03e3e')
    .transform((color) => `#${color.replace('#', '').toLowerCase()}`)
    .nullish(),
  description: z.string().max(2_000).nullish(),
  archived_at: z.string().nullish(),
});
export type LabelEntry = z.output<typeof labelEntry>;

const commentEntry = z.strictObject({
  author: name.optional(),
  body: z
    .string()
    .max(20_000)
    .refine((text) => text.trim() !== '', 'A comment has a text'),
  created_at: sentInstant.nullish(),
  updated_at: informational,
});
export type CommentEntry = z.output<typeof commentEntry>;

const itemEntry = z.strictObject({
  text: z.string().trim().min(1).max(500),
  done: z.boolean().default(false),
  done_by: informational,
  done_at: informational,
});
export type ItemEntry = z.output<typeof itemEntry>;

/** Every word for a status that files may have: ours, those of boards, and those of other backlogs. */
const statusOfFile = z.enum([...new Set([...taskStatuses, ...workflowStatuses, ...fileStatuses])]);

/** A task in a file. A field that is missing leaves that of a task which exists already as it is. */
export const taskEntry = z.strictObject({
  ref: ref.nullish(),
  external_ref: shape.external_ref.optional(),
  title: shape.title.optional(),
  description: shape.description.optional(),
  type: shape.type.optional(),
  status: statusOfFile.optional(),
  planned: z.boolean().optional(),
  priority: shape.priority.optional(),
  progress_percentage: z.int().min(0).max(100).optional(),
  blocker: shape.blocker.optional(),
  due_at: shape.due_at.optional(),
  parent: ref.nullish(),
  dependencies: z.array(ref).max(maxDependencies).optional(),
  assigned_to: name.optional().meta({ description: 'A user name' }),
  tags: shape.tags.optional(),
  metadata: shape.metadata.optional(),
  result: shape.result.optional(),
  source: shape.source.optional(),
  project_path: shape.project_path.optional(),
  estimated_duration: shape.estimated_duration.optional(),
  command: shape.command.optional(),
  shell: shape.shell.optional(),
  working_directory: shape.working_directory.optional(),
  environment: shape.environment.optional(),
  timeout: shape.timeout.optional(),
  retry_attempts: shape.retry_attempts.optional(),
  limits: shape.limits.optional(),
  final_exit_codes: shape.final_exit_codes.optional(),
  artifacts: shape.artifacts.optional(),
  inputs: shape.inputs.optional(),
  concurrency: shape.concurrency.optional(),
  runs_on: shape.runs_on.optional(),
  draft: z.boolean().default(false),
  archived: z.boolean().default(false),
  checklist: z.array(itemEntry).max(mostItems).default([]),
  comments: z.array(commentEntry).max(mostComments).default([]),
  plans: z.array(planEntry).max(mostOfKind.plan).default([]),
  attachments,
  id: informational,
  workflow_status: informational,
  former_refs: informational,
  created_by: informational,
  actual_duration: durationSchema.nullish(),
  archived_at: informational,
  created_at: informational,
  updated_at: informational,
  started_at: informational,
  completed_at: informational,
});
export type TaskEntry = z.output<typeof taskEntry>;
