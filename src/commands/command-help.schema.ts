import { z } from 'zod';
import { querySchema } from '../http/query.js';
import { shell, usualShell } from '../common/shell.js';
import { commandText } from './commands.schema.js';

export const suggestionsQuery = querySchema({
  context: z
    .string()
    .max(64)
    .default('')
    .meta({
      description: 'A topic such as git; with an unknown one, commands of all topics are suggested',
      examples: ['git'],
    }),
  prefix: z
    .string()
    .max(1024)
    .default('')
    .meta({ description: 'The beginning of a command', examples: ['git '] }),
});
export type SuggestionsQuery = z.output<typeof suggestionsQuery>;

export const suggestionSchema = z
  .object({ command: z.string(), description: z.string(), category: z.string() })
  .meta({ id: 'CommandSuggestion' });
export type Suggestion = z.output<typeof suggestionSchema>;

export const suggestionsSchema = z
  .object({ suggestions: z.array(suggestionSchema) })
  .meta({ id: 'CommandSuggestions' });

export const validateCommandSchema = z
  .object({
    command: commandText.max(16_384),
    shell: shell.default(usualShell),
    check_safety: z.boolean().default(true),
  })
  .meta({ id: 'ValidateCommand', examples: [{ command: 'rm -rf /', check_safety: true }] });
export type ValidateCommand = z.output<typeof validateCommandSchema>;

export const validatedCommandSchema = z
  .object({
    valid: z.boolean().meta({
      description:
        'Whether the syntax is valid, as far as it was checked, and the command looks safe if this was requested; a warning says when the text is in a language that is not parsed',
    }),
    safe: z.boolean(),
    warnings: z.array(z.string()),
    suggestions: z.array(z.string()),
  })
  .meta({ id: 'ValidatedCommand' });
export type ValidatedCommand = z.output<typeof validatedCommandSchema>;
