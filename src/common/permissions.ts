/** From the least to the most. */
export const roles = ['viewer', 'developer', 'admin'] as const;
export type Role = (typeof roles)[number];

export const permissions = ['read', 'write', 'execute', 'admin'] as const;
export type Permission = (typeof permissions)[number];

const granted: Record<Role, readonly Permission[]> = {
  viewer: ['read'],
  developer: ['read', 'write', 'execute'],
  admin: ['read', 'write', 'execute', 'admin'],
};

/** What a role may do anywhere; projects can only narrow it. */
export function permissionsOf(role: Role): readonly Permission[] {
  return granted[role];
}

/** What a personal access token can be made for, with what its user's role must allow for it. */
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

/** Who acts: the signed-in user together with what ties the request to its session and its log lines. */
export interface Actor {
  id: string;
  username: string;
  role: Role;
  tier: 'standard' | 'premium';
  requestId?: string | undefined;
  sessionId?: string | undefined;
  /** The personal access token that speaks for the user, if it is one; `role` is narrowed to its scopes. */
  token?: { id: string; scopes: readonly Scope[]; expiresAt: Date | null } | undefined;
  /** What the access token says that speaks for the user, if it is one: its session, the epoch of the password, and its end. */
  signIn?: { sessionId: string; epoch: number; expiresAt: Date } | undefined;
}

/** When the token that speaks for an actor ends; null for never. */
export function endOf({ token, signIn }: Actor): Date | null {
  return signIn?.expiresAt ?? token?.expiresAt ?? null;
}

export function hasEnded(actor: Actor): boolean {
  const end = endOf(actor);
  return end !== null && end.getTime() <= Date.now();
}

/** The one of two roles that may do less. */
export function lowerRole(one: Role, other: Role): Role {
  return roles.indexOf(one) < roles.indexOf(other) ? one : other;
}

export function may(actor: Pick<Actor, 'role'>, permission: Permission): boolean {
  return permissionsOf(actor.role).includes(permission);
}
