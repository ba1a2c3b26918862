/** The roles, from the least to the most privileged. */
export const roles = ['viewer', 'developer', 'admin'] as const;
export type Role = (typeof roles)[number];

export const permissions = ['read', 'write', 'execute', 'admin'] as const;
export type Permission = (typeof permissions)[number];

const granted: Record<Role, readonly Permission[]> = {
  viewer: ['read'],
  developer: ['read', 'write', 'execute'],
  admin: ['read', 'write', 'execute', 'admin'],
};

/** The permissions of a role; projects can only narrow them. */
export function permissionsOf(role: Role): readonly Permission[] {
  return granted[role];
}

/** The scopes of personal access tokens, with the permission that the user's role must have for each. */
export const scopeTable = {
  'tasks.read': 'read',
  'tasks.write': 'write',
  'projects.read': 'read',
  'projects.write': 'write',
  execute: 'execute',
  'webhooks.manage': 'write',
  'profile.write': 'read',
  'tokens.manage': 'read',
  admin: 'admin',
} as const satisfies Record<string, Permission>;

export type Scope = keyof typeof scopeTable;
export const scopes = Object.keys(scopeTable) as [Scope, ...Scope[]];

/** The authenticated user of a request or connection, with its session, token and request id. */
export interface Actor {
  id: string;
  username: string;
  role: Role;
  tier: 'standard' | 'premium';
  /** The user for whose limits it counts, for a key of a project: who has made the key. */
  accountId?: string | undefined;
  /** The only project that the actor sees, for a key that is bound to one. */
  projectId?: string | undefined;
  requestId?: string | undefined;
  sessionId?: string | undefined;
  /** The personal access token that authenticated the user, if one did; `role` is narrowed to its scopes. */
  token?: { id: string; scopes: readonly Scope[]; expiresAt: Date | null } | undefined;
  /** Whether it stands for who has made a schedule or a trigger, with the rights of that account at the moment and without any token. */
  isMaker?: true | undefined;
  /** The claims of the access token that authenticated the user, if one did: its session, the password's epoch and the expiry. */
  signIn?: { sessionId: string; epoch: number; expiresAt: Date } | undefined;
}

/** The user for whose limits counts what an actor takes. */
export function accountOf({ id, accountId }: Pick<Actor, 'id' | 'accountId'>): string {
  return accountId ?? id;
}

/** Whether an actor is a user, or acts with a key that the user has made: what ends the rights of the one ends those of the other. */
export function isOf({ id, accountId }: Pick<Actor, 'id' | 'accountId'>, userId: string): boolean {
  return id === userId || accountId === userId;
}

/** The expiry of the token that authenticated an actor; null for never. */
export function endOf({ token, signIn }: Actor): Date | null {
  return signIn?.expiresAt ?? token?.expiresAt ?? null;
}

export function hasEnded(actor: Actor): boolean {
  const end = endOf(actor);
  return end !== null && end.getTime() <= Date.now();
}

/** The less privileged of two roles. */
export function lowerRole(one: Role, other: Role): Role {
  return roles.indexOf(one) < roles.indexOf(other) ? one : other;
}

export function may(actor: Pick<Actor, 'role'>, permission: Permission): boolean {
  return permissionsOf(actor.role).includes(permission);
}
