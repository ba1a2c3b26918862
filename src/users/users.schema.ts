import { z } from 'zod';
import { id, instant, toInstant, versionField } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { permissions, permissionsOf, roles } from '../common/permissions.js';
import { userKinds, type User } from './user.entity.js';

export const usernameSchema = z
  .string()
  .min(3)
  .max(64)
  .regex(/^[A-Za-z0-9._-]+$/, 'Use letters, digits, dot, underscore and hyphen')
  .transform((name) => name.toLowerCase());

export const passwordSchema = z.string().min(8).max(256);

export const userSchema = z
  .object({
    id,
    kind: z.enum(userKinds).meta({
      description: 'An agent has keys instead of a password; `key` is what a key of a project acts as',
    }),
    username: z.string(),
    email: z.string().nullable().meta({ description: 'Null for an agent' }),
    full_name: z.string().nullable(),
    avatar_url: z.string().nullable(),
    role: z.enum(roles),
    permissions: z.array(z.enum(permissions)),
    tier: z.enum(['standard', 'premium']),
    max_running: z
      .int()
      .nullable()
      .meta({ description: 'The limit of the user; null for the default of the server' }),
    disabled: z.boolean(),
    created_at: instant,
    updated_at: instant,
    last_login: instant.nullable(),
    version: z.int(),
  })
  .meta({ id: 'User' });

export type UserView = z.output<typeof userSchema>;

export function toUser(user: User): UserView {
  const { id, kind, username, email, full_name, avatar_url, role, tier, max_running, disabled, version } =
    user;
  return {
    id,
    kind,
    username,
    email,
    full_name,
    avatar_url,
    role,
    permissions: [...permissionsOf(role)],
    tier,
    max_running,
    disabled,
    created_at: toInstant(user.created_at),
    updated_at: toInstant(user.updated_at),
    last_login: toInstant(user.last_login),
    version,
  };
}

const writable = {
  email: z
    .email()
    .max(254)
    .transform((email) => email.toLowerCase()),
  full_name: z
    .string()
    .max(200)
    .refine((name) => !/\p{Cc}/u.test(name), 'Has control characters')
    .nullable(),
  avatar_url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .nullable(),
  role: z.enum(roles),
  tier: z.enum(['standard', 'premium']),
};

export const createUserSchema = z
  .object({
    username: usernameSchema,
    password: passwordSchema,
    email: writable.email,
    full_name: writable.full_name.default(null),
    avatar_url: writable.avatar_url.default(null),
    role: writable.role.default('developer'),
    tier: writable.tier.default('standard'),
  })
  .meta({
    id: 'CreateUser',
    examples: [
      {
        username: 'johndoe',
        password: 'correct horse battery',
        email: 'john@example.com',
        full_name: 'John Doe',
        role: 'developer',
      },
    ],
  });
export type CreateUser = z.output<typeof createUserSchema>;

export const updateUserSchema = z
  .object(writable)
  .extend({
    disabled: z.boolean(),
    password: passwordSchema,
    max_running: z.int().min(1).max(100_000).nullable().meta({
      description: 'The number of concurrent runs of the user; null for the default of the server',
    }),
  })
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateUser', examples: [{ role: 'admin', disabled: false }] });
export type UpdateUser = z.output<typeof updateUserSchema>;

export const changePasswordSchema = z
  .object({ current_password: z.string().min(1).max(256), new_password: passwordSchema })
  .meta({
    id: 'ChangePassword',
    examples: [{ current_password: 'the old password', new_password: 'a new password' }],
  });
export type ChangePassword = z.output<typeof changePasswordSchema>;

export const userListQuery = pageQuery().extend({
  kind: z
    .enum(userKinds)
    .optional()
    .meta({ description: 'Only users of this kind; people and agents unless it is given' }),
  search: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Part of a username, an e-mail address or a name' }),
});
export type UserListQuery = z.output<typeof userListQuery>;
export const userPageSchema = pageSchema(userSchema).meta({ id: 'UserPage' });
export const messageSchema = z.object({ message: z.string() }).meta({ id: 'Message' });
