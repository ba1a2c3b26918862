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

/** Who acts: the signed-in user together with what ties the request to its session and its log lines. */
export interface Actor {
  id: string;
  username: string;
  role: Role;
  tier: 'standard' | 'premium';
  requestId?: string | undefined;
  sessionId?: string | undefined;
}

export function may(actor: Actor, permission: Permission): boolean {
  return permissionsOf(actor.role).includes(permission);
}
