import { z } from 'zod';
import { AppError } from '../common/errors.js';
import type { InputValues } from './inputs/input-declarations.js';

/** What happens when a run is requested while its group is full. */
export const conflictActions = ['queue', 'skip', 'cancel_running'] as const;
export type ConflictAction = (typeof conflictActions)[number];

const placeholder = /\{\{\s*(.*?)\s*\}\}/gs;
const inputName = /^input\.([A-Za-z_][A-Za-z0-9_]{0,63})$/;

/** Group names are the key of an index, whose entries are limited to 2,700 bytes. */
const mostBytes = 500;

/** Lists the placeholders of a group's name that stand for nothing. */
const unknownIn = (group: string) =>
  [...group.matchAll(placeholder)].map(([, name]) => name!).filter((name) => !isKnown(name));
const isKnown = (name: string) => name === 'project' || inputName.test(name);

export const concurrencySchema = z
  .object({
    group: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .refine(
        (group) => unknownIn(group).length === 0,
        'Only {{project}} and {{input.NAME}} stand for something',
      )
      .meta({
        description:
          'The name of the group. `{{project}}` stands for the key of the project and makes the group its own; without it a group is one for the whole installation. `{{input.NAME}}` stands for an input',
        examples: ['deploy-{{project}}'],
      }),
    limit: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .meta({ description: 'How many runs of the group may be under way when one of this task starts' }),
    on_conflict: z.enum(conflictActions).default('queue').meta({
      description:
        'What happens while the group is full: `queue` waits, `skip` refuses the run, `cancel_running` cancels the older runs of the group in the same project, waiting ones included',
    }),
  })
  .meta({
    id: 'SetConcurrency',
    description: 'At most `limit` runs of a group are under way at a time, over all workers',
    examples: [{ group: 'deploy-{{project}}', limit: 1, on_conflict: 'queue' }],
  });

/** The group as it is shown, with what was left out. */
export const shownConcurrency = z
  .object({ group: z.string(), limit: z.int(), on_conflict: z.enum(conflictActions) })
  .meta({ id: 'Concurrency' });
export type Concurrency = z.output<typeof concurrencySchema>;

/** Lists the inputs whose values a group's name holds. */
export function inputsOfGroup(group: string): string[] {
  const names = [...group.matchAll(placeholder)].map(([, name]) => inputName.exec(name!)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/**
 * Checks that a group's name holds declared inputs only, and no secret, since names are shown and stored as they are.
 * @param inputs the inputs that the task declares
 * @throws VALIDATION_ERROR with the field
 */
export function checkGroupInputs(
  concurrency: Concurrency | null,
  inputs: readonly { name: string; type: string }[],
): void {
  for (const name of inputsOfGroup(concurrency?.group ?? '')) {
    const declared = inputs.find((input) => input.name === name);
    if (declared && declared.type !== 'secret') continue;
    const issue = declared
      ? `${name} is a secret, which the name of a group cannot hold`
      : `The task has no input ${name}`;
    throw new AppError('VALIDATION_ERROR', { field: 'concurrency.group', issue });
  }
}

/**
 * Puts the values in the place of the placeholders of a group's name.
 * @param values the key of the project, and the values of the inputs; an input without a value is empty
 * @throws VALIDATION_ERROR when the name is longer than 500 bytes then
 */
export function resolveGroup(group: string, values: { project: string; inputs: InputValues }): string {
  const resolved = group.replace(placeholder, (_, name: string) => {
    const input = inputName.exec(name)?.[1];
    if (input === undefined) return values.project;
    return Object.hasOwn(values.inputs, input) ? String(values.inputs[input]) : '';
  });
  if (Buffer.byteLength(resolved) <= mostBytes) return resolved;
  const issue = `The name of the group has more than ${mostBytes} bytes with these inputs`;
  throw new AppError('VALIDATION_ERROR', { field: 'concurrency.group', issue, limit: mostBytes });
}

/** Encloses the id of the project at the beginning of the stored name of a group that is the project's own. */
const mark = '\u0001';

/** Returns the name of a group as it is shown. @param stored the name that `resolveConcurrency` gave */
export const shownGroup = (stored: string): string =>
  stored.startsWith(mark) ? stored.slice(stored.indexOf(mark, 1) + 1) : stored;

/**
 * Resolves the group of a run of a task. A name with `{{project}}` gets the id of the project in front of it when it is stored: nobody else
 * can take a place in the group by writing out its name.
 * @param inputs the values of the run's inputs, without those of secrets
 * @throws VALIDATION_ERROR for a group that holds an input which is none of the task, and for a name that is too long or begins with a
 * control character then
 */
export function resolveConcurrency(
  concurrency: Concurrency | null,
  task: { key: string; project_id: string; inputs: readonly { name: string; type: string }[] },
  inputs: InputValues,
): Concurrency | null {
  if (concurrency === null) return null;
  checkGroupInputs(concurrency, task.inputs);
  const name = resolveGroup(concurrency.group, { project: task.key, inputs });
  const isOwn = [...concurrency.group.matchAll(placeholder)].some(([, what]) => what === 'project');
  if (isOwn) return { ...concurrency, group: mark + task.project_id + mark + name };
  if (!name.startsWith(mark)) return { ...concurrency, group: name };
  const issue = 'The name of the group begins with a control character with these inputs';
  throw new AppError('VALIDATION_ERROR', { field: 'concurrency.group', issue });
}
