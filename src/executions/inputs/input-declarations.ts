import { z } from 'zod';
import { boundedObject, listOf } from '../../common/fields.js';
import { areTooLarge, longestPattern, mostSize, patternFault, PatternMatches } from './input-pattern.js';
import { inputTypes, readValue } from './input-value.js';

/** The most inputs of a task. */
export const mostInputs = 50;
/** The most bytes of all values of a run: they are stored with each run. */
export const mostBytesInAll = 512 * 1024;
/** The most bytes of all secrets of a run: every output is searched for them. */
export const mostSecretBytes = 128 * 1024;
/** The most bytes of the declarations of a task, which are stored with each change of them. */
const mostDeclarationBytes = 64 * 1024;

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const inputName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'Name inputs with letters, digits and underscore, no digit first');

const declaration = z
  .strictObject({
    name: inputName.meta({
      description: 'The command finds the value in `INPUT_` and the name in upper case',
    }),
    type: z.enum(inputTypes).default('string'),
    description: z.string().max(1000).default(''),
    required: z.boolean().default(false),
    default: scalar.nullable().default(null).meta({ description: 'The value of a run that gives none' }),
    choices: listOf(z.string().min(1).max(1000), { least: 1, most: 100 })
      .nullable()
      .default(null)
      .meta({ description: 'The values of a choice, and only of that' }),
    pattern: z
      .string()
      .min(1)
      .max(longestPattern)
      .nullable()
      .default(null)
      .meta({ description: 'A regular expression of RE2 that matches the whole of a string or secret' }),
  })
  .superRefine((input, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if ((input.type === 'choice') !== (input.choices !== null))
      refuse(
        'choices',
        input.type === 'choice' ? 'Name the values of the choice' : 'Only a choice has choices',
      );
    if (input.choices && new Set(input.choices).size < input.choices.length)
      refuse('choices', 'Name each value once');
    if (input.pattern !== null && input.type !== 'string' && input.type !== 'secret')
      refuse('pattern', 'Only a string or a secret has a pattern');
    if (input.default !== null && input.type === 'secret')
      refuse('default', 'A secret has no default, since everybody who sees the task would read it');
  });

/** The inputs of a task in answers. */
export const shownDeclarations = z
  .array(
    z
      .object({
        name: z.string(),
        type: z.enum(inputTypes),
        description: z.string(),
        required: z.boolean(),
        default: scalar.nullable(),
        choices: z.array(z.string()).nullable(),
        pattern: z.string().nullable(),
      })
      .meta({ id: 'TaskInput' }),
  )
  .meta({ description: 'The inputs that each run of the task takes', examples: [[]] });

/** An input that a task takes, as it is stored and shown. */
export type InputDeclaration = z.output<typeof declaration>;

const declarations = z.array(declaration).max(mostInputs);

/** The inputs that a task takes. */
export const inputDeclarations = boundedObject(
  declarations.superRefine((inputs, context) => {
    const names = inputs.map(({ name }) => name.toUpperCase());
    const double = names.findIndex((name, index) => names.indexOf(name) < index);
    if (double >= 0)
      context.addIssue({ code: 'custom', path: [double, 'name'], message: 'Another input has this name' });
    if (areTooLarge(inputs.flatMap(({ pattern }) => pattern ?? [])))
      return context.addIssue(`The patterns must not have more than ${mostSize.inAll} parts in all`);
    const matches = new PatternMatches();
    for (const [index, input] of inputs.entries()) {
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: [index, field], message });
      const fault = input.pattern === null ? undefined : patternFault(input.pattern);
      if (fault !== undefined) refuse('pattern', fault);
      else if (input.default !== null) {
        const read = readValue(input, input.default, matches);
        if ('fault' in read) refuse('default', read.fault);
      }
    }
  }),
  (value) => {
    if (Array.isArray(value) && value.length > mostInputs)
      return `must not have more than ${mostInputs} inputs`;
    return JSON.stringify(value).length > mostDeclarationBytes
      ? `must not exceed ${mostDeclarationBytes} bytes of JSON`
      : undefined;
  },
).meta({
  description: 'The inputs that each run of the task takes',
  examples: [[{ name: 'environment', type: 'choice', choices: ['staging', 'production'], required: true }]],
});

/** The values of the inputs of a run, by name. */
export const inputValues = boundedObject(z.record(z.string().max(64), scalar), (value) =>
  Object.keys(value).length > mostInputs ? `must not have more than ${mostInputs} inputs` : undefined,
).meta({
  description: "The values of the task's inputs, by name",
  examples: [{ environment: 'staging', retries: 3 }],
});
export type InputValues = z.output<typeof inputValues>;
