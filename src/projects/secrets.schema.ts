import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import type { ProjectSecret } from './project-secret.entity.js';

/** The shortest value: a shorter one would be masked at many places of an output by chance. */
const shortest = 4;
const longest = 32_768;

export const secretName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'Name secrets with letters, digits and underscore')
  .refine((name) => !name.startsWith('MILLRACE_'), 'MILLRACE_ names are reserved')
  .meta({ description: 'The name of the environment variable' });

export const setSecretSchema = z
  .object({
    value: z
      .string()
      .refine((value) => Buffer.byteLength(value) >= shortest, `must have at least ${shortest} bytes`)
      .refine((value) => Buffer.byteLength(value) <= longest, `must not exceed ${longest} bytes`)
      .meta({
        description: `${shortest} to ${longest} bytes; never shown again`,
        minLength: 1,
        writeOnly: true,
      }),
  })
  .meta({ id: 'SetSecret', examples: [{ value: 'a long and secret value' }] });

export const secretSchema = z
  .object({
    name: z.string().meta({ examples: ['DEPLOY_TOKEN'] }),
    created_at: instant,
    updated_at: instant,
    updated_by: id,
  })
  .meta({ id: 'ProjectSecret' });
export type SecretView = z.output<typeof secretSchema>;
export const secretsSchema = z.object({ secrets: z.array(secretSchema) }).meta({ id: 'ProjectSecrets' });

export type SecretRow = Pick<ProjectSecret, 'name' | 'created_at' | 'updated_at' | 'updated_by'>;

export function toSecret({ name, created_at, updated_at, updated_by }: SecretRow): SecretView {
  return { name, created_at: toInstant(created_at), updated_at: toInstant(updated_at), updated_by };
}
