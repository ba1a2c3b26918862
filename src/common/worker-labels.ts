import { arch, platform } from 'node:os';
import { z } from 'zod';

/** Labels are not case-sensitive, as host names are not. */
export const workerLabel = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,99}$/,
    'A label has at most 100 letters, digits and . _ : / + -, a letter or digit first',
  )
  .toLowerCase();

/** The labels that every worker has of itself, by their prefixes. */
const givenPrefixes = ['host:', 'os:', 'arch:'];

const mostLabels = 50;

/** The labels in an environment variable, separated by commas. */
export const workerLabelsSchema = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((label) => label.trim())
      .filter((label) => label !== ''),
  )
  .pipe(z.array(workerLabel).max(mostLabels, `must not have more than ${mostLabels} labels`))
  .refine(
    (labels) => labels.every((label) => !givenPrefixes.some((prefix) => label.startsWith(prefix))),
    'host:, os: and arch: are given by the worker itself',
  );

/** A set of labels in its one form: sorted, each once. */
export const labelSet = (labels: readonly string[]): string[] => [...new Set(labels)].toSorted();

/** Lists all labels of a worker on this host. @param own those of its settings */
export function labelsOfWorker(own: readonly string[], hostname: string): string[] {
  const host = workerLabel.safeParse(hostname);
  const given = [`os:${platform()}`, `arch:${arch()}`, ...(host.success ? [`host:${host.data}`] : [])];
  return labelSet([...own, ...given]);
}

/** Whether a worker has every label that a run asks for. */
export function fits(labels: ReadonlySet<string>, runsOn: readonly string[]): boolean {
  return runsOn.every((label) => labels.has(label));
}
