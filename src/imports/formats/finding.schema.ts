import { z } from 'zod';

const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof severities)[number];

export const priorityOfSeverity: Record<Severity, number> = {
  critical: 1,
  high: 3,
  medium: 5,
  low: 7,
  info: 9,
};

/** Something that a scanner has found. */
export const findingSchema = z
  .strictObject({
    fingerprint: z
      .string()
      .trim()
      .min(1)
      .max(1_000)
      .meta({ description: 'What tells that it is the same finding in the next file' }),
    title: z.string().trim().min(1).max(500),
    severity: z.enum(severities).default('medium'),
    description: z.string().max(50_000).default(''),
    location: z.string().max(4_096).nullish().meta({ description: 'Such as `src/login.ts:42`' }),
    type: z.enum(['vulnerability', 'bug']).default('vulnerability'),
  })
  .meta({ id: 'Finding' });
export type Finding = z.output<typeof findingSchema>;
