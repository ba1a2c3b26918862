import { z } from 'zod';
import { instant } from '../../common/fields.js';

/** The checks, in the order in which they are made: what takes seconds in a large installation comes last. */
export const checkNames = [
  'migrations',
  'clock',
  'disk',
  'queue',
  'run_leases',
  'claim_leases',
  'task_counts',
  'stored_bytes',
  'checklist_counts',
  'task_numbers',
  'search_words',
  'files',
  'orphans',
  'profile_counts',
  'queue_metrics',
  'analytics',
] as const;
export type CheckName = (typeof checkNames)[number];

export const checkStatuses = ['ok', 'warning', 'error', 'skipped'] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export const doctorCheckSchema = z
  .object({
    name: z.enum(checkNames),
    status: z
      .enum(checkStatuses)
      .meta({ description: '`skipped`: could not be checked; the message says why' }),
    message: z.string().meta({ description: 'What was found, and what to do about it' }),
    details: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Figures and the first few of what differs' }),
    fixable: z.boolean().meta({ description: 'Whether the fix mends what was found' }),
  })
  .meta({
    id: 'DoctorCheck',
    examples: [
      {
        name: 'task_counts',
        status: 'error',
        message: '1 kept count of tasks differs from the tasks',
        details: { differences: 1 },
        fixable: true,
      },
    ],
  });
export type DoctorCheck = z.output<typeof doctorCheckSchema>;

export const doctorReportSchema = z
  .object({
    status: z
      .enum(['ok', 'warning', 'error'])
      .meta({ description: 'The worst of the checks that were made; those that were skipped do not count' }),
    checked_at: instant,
    checks: z.array(doctorCheckSchema),
  })
  .meta({ id: 'DoctorReport' });
export type DoctorReport = z.output<typeof doctorReportSchema>;

export const doctorFixSchema = z
  .object({
    fixes: z.array(
      z.object({
        name: z.enum(checkNames),
        changed: z.int().min(0).meta({ description: 'The number of rows or runs that were mended' }),
        message: z.string(),
      }),
    ),
    report: doctorReportSchema.meta({ description: 'What the checks say after the fix' }),
  })
  .meta({ id: 'DoctorFix' });
export type DoctorFix = z.output<typeof doctorFixSchema>;
