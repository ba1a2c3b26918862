import { z } from 'zod';
import { queryFlag, querySchema } from '../http/query.js';

export const importFormats = ['millrace', 'github', 'csv'] as const;
export type ImportFormat = (typeof importFormats)[number];

const dryRun = queryFlag
  .default(false)
  .meta({ description: 'Whether to answer only what would be done, with all faults of the file' });

export const importQuery = querySchema({
  format: z.enum(importFormats).default('millrace').meta({
    description:
      '`millrace` is the JSON of an export, `github` what `gh issue list --json` prints, `csv` has a header with our field names',
  }),
  dry_run: dryRun,
});
export type ImportQuery = z.output<typeof importQuery>;

export const findingsQuery = querySchema({
  dry_run: dryRun,
  complete_missing: queryFlag.default(false).meta({
    description: 'Whether to complete the tasks of earlier findings that the file does not have any more',
  }),
});
export type FindingsQuery = z.output<typeof findingsQuery>;

export const syncQuery = querySchema({
  dry_run: dryRun,
  prune: queryFlag.default(false).meta({
    description: "Whether to archive the tasks of the manifest's `source` that it does not name",
  }),
});
export type SyncQuery = z.output<typeof syncQuery>;

const count = z.int().min(0);
const counts = z.object({ create: count, update: count, skip: count });
const place = {
  line: z.int().min(1).meta({ description: 'The line of the file' }),
  field: z.string().nullable(),
};

export const importFault = z.object({ ...place, issue: z.string() }).meta({ id: 'ImportFault' });
export type ImportFault = z.output<typeof importFault>;

/** The most changes that a plan lists. */
export const mostListed = 1_000;

export const planSchema = z
  .object({
    dry_run: z.boolean(),
    create: count.meta({ description: 'Tasks that are made' }),
    update: count.meta({ description: 'Tasks that are changed' }),
    skip: count.meta({ description: 'Tasks that are already as the file has them' }),
    complete: count.meta({ description: 'Tasks of findings that are gone, which are completed' }),
    archive: count.meta({ description: 'Tasks that a manifest does not name, which are archived' }),
    documents: counts,
    labels: count.meta({ description: 'Labels that are made' }),
    schedules: counts.meta({
      description:
        'New ones are switched off, and so are those of which the file changes when or what they run',
    }),
    triggers: counts.meta({
      description: 'New ones are switched off, have a URL of their own and no secret',
    }),
    changes: z
      .array(
        z.object({
          line: z.int().nullable(),
          action: z.enum(['create', 'update', 'complete', 'archive']),
          ref: z.string().nullable().meta({ description: 'Null for a task that is not there yet' }),
          title: z.string(),
        }),
      )
      .meta({ description: `The tasks that change, the first ${mostListed} of them` }),
    faults: z
      .array(importFault)
      .meta({ description: 'What keeps the file from being imported; empty unless it is a dry run' }),
    warnings: z.array(importFault).meta({
      description:
        'What the file says that is left out, such as users who do not exist here, and what is to be done by hand, such as switching a schedule on',
    }),
  })
  .meta({ id: 'ImportPlan' });
export type ImportPlan = z.output<typeof planSchema>;
