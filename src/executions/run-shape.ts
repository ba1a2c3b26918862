import { z } from 'zod';
import { boundedObject, listOf } from '../common/fields.js';
import { runLimitsSchema } from '../common/run-limits.js';
import { shell } from '../common/shell.js';
import { artifactPatterns } from './artifacts/artifact-patterns.js';
import { workingDirectory } from './working-directory.js';

/** The environment is stored with each run and with each change of a task, so its size is bounded. */
const mostEnvironmentBytes = 128 * 1024;

const bytesOf = (environment: Record<string, string>) =>
  Object.entries(environment).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);

const mostVariables = 200;

const variables = z
  .record(
    z
      .string()
      .regex(
        /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
        'Name variables with letters, digits and underscore, no digit first',
      ),
    z.string().max(32_768),
  )
  .refine(
    (value) => bytesOf(value) <= mostEnvironmentBytes,
    'must not have more than 128 KiB, names and values together',
  )
  .refine(
    (value) => Object.keys(value).every((name) => !name.startsWith('MILLRACE_')),
    'MILLRACE_ names are reserved',
  );
const environment = boundedObject(variables, (value) =>
  Object.keys(value).length > mostVariables
    ? `must not have more than ${mostVariables} variables`
    : undefined,
);

/** The fields that say how a command is run; tasks and ad hoc commands share them. */
export const runShape = {
  command: z.string().min(1).max(65_536),
  shell,
  working_directory: workingDirectory,
  environment: environment.meta({ description: 'Environment variables of the command' }),
  timeout: z
    .int()
    .min(1)
    .max(20 * 86_400)
    .meta({ description: 'Seconds' }),
  retry_attempts: z
    .int()
    .min(0)
    .max(20)
    .meta({ description: 'The number of further attempts after a failed one' }),
  limits: runLimitsSchema,
  artifacts: artifactPatterns,
  final_exit_codes: listOf(z.int().min(-64).max(255), { most: 100 })
    .transform((codes) => [...new Set(codes)])
    .meta({ description: 'Exit codes after which there is no further attempt', examples: [[2, 64]] }),
};
