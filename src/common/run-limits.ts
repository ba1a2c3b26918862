import { z } from 'zod';
import { byteSizeSchema, parseBytes } from './bytes.js';

const size = (least: string) =>
  byteSizeSchema.refine((text) => {
    const bytes = parseBytes(text) ?? 0;
    return bytes >= parseBytes(least)! && bytes <= 1024 ** 5;
  }, `must be between ${least} and 1024TB`);

/** What happens to a run whose output exceeds its limit. */
export const outputPolicies = ['truncate', 'head_and_tail', 'stop'] as const;
export type OutputPolicy = (typeof outputPolicies)[number];

/** The limits of each process of a run, enforced by the kernel, and of the run's stored output. */
export const runLimitsSchema = z
  .strictObject({
    memory: size('16MB').meta({
      description: 'Address space of each process, which may exceed what it uses',
    }),
    cpu_seconds: z.int().min(1).max(10_000_000).meta({ description: 'Processor time of each process' }),
    file_size: size('1KB').meta({ description: 'The size of the largest file that a process may write' }),
    open_files: z.int().min(16).max(1_048_576).meta({ description: 'Open descriptors of each process' }),
    processes: z.int().min(1).max(1_000_000).meta({
      description:
        'The number of concurrent processes and threads; only enforced by workers that isolate runs',
    }),
    output_size: size('1KB').meta({ description: 'The maximum size of the stored output' }),
    output_policy: z.enum(outputPolicies).meta({
      description:
        'Beyond output_size: leave out the rest (the default), keep the beginning and the end (at most 1 MiB of it, at most ' +
        'half), or stop the run with OUTPUT_LIMIT_EXCEEDED. A marker says how much was left out',
    }),
  })
  .partial()
  .meta({
    id: 'RunLimits',
    examples: [{ memory: '512MB', cpu_seconds: 60, file_size: '1GB', open_files: 1024 }],
  });
export type RunLimits = z.output<typeof runLimitsSchema>;

/** The limits that the kernel enforces, without those of the stored output. */
export const processLimitsSchema = runLimitsSchema.omit({ output_size: true, output_policy: true });
export type ProcessLimits = z.output<typeof processLimitsSchema>;

const names = Object.keys(runLimitsSchema.shape) as (keyof RunLimits)[];

const numberOf = (value: string | number): number =>
  typeof value === 'number' ? value : (parseBytes(value) ?? Infinity);

/**
 * Computes the limits of a run: the requested ones, else the project's defaults, capped by the project's maximum, or by the
 * installation's where the project sets none. A limit that is set nowhere is left to the worker.
 */
export function effectiveLimits(
  asked: RunLimits,
  project: { default_run_limits?: RunLimits | undefined; max_run_limits?: RunLimits | undefined },
  most: ProcessLimits = {},
): RunLimits {
  const chosen = names.flatMap((name): [string, string | number][] => {
    const wanted = asked[name] ?? project.default_run_limits?.[name];
    const ofProject = project.max_run_limits?.[name];
    const ceiling = ofProject ?? ceilingOf(most, name);
    const value =
      wanted === undefined
        ? ofProject
        : ceiling !== undefined && numberOf(ceiling) < numberOf(wanted)
          ? ceiling
          : wanted;
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(chosen);
}

const ceilingOf = (most: ProcessLimits, name: keyof RunLimits): string | number | undefined =>
  name in most ? most[name as keyof ProcessLimits] : undefined;

/** The names of the limits that exceed the maximum. */
export function limitsAbove(limits: RunLimits, most: ProcessLimits): (keyof RunLimits)[] {
  return names.filter((name) => {
    const [value, ceiling] = [limits[name], ceilingOf(most, name)];
    return value !== undefined && ceiling !== undefined && numberOf(value) > numberOf(ceiling);
  });
}

/** The limits of a run that sets none: the defaults, capped by the maximum. */
export function defaultsWithin(usual: ProcessLimits, most: ProcessLimits): ProcessLimits {
  return effectiveLimits({}, { default_run_limits: usual, max_run_limits: most });
}
