import { AppError } from './errors.js';
import {
  lowerRole,
  may,
  scopes,
  scopeTable,
  type Actor,
  type Permission,
  type Role,
  type Scope,
} from './permissions.js';

/** Kinds of access to a room; `own` changes only what is the caller's own, which every role may. */
type Need = Permission | 'own';
type Room = Partial<Record<Need, readonly Scope[]>>;

/** Who writes or executes must be able to see what of. */
const readTasks: readonly Scope[] = ['tasks.read', 'tasks.write', 'execute'];
const writeTasks: readonly Scope[] = ['tasks.write'];
const execute: readonly Scope[] = ['execute'];
const webhooks: readonly Scope[] = ['webhooks.manage'];
const tokens: readonly Scope[] = ['tokens.manage'];
const admin: readonly Scope[] = ['admin'];

/** The scopes of which one is enough, by room and access. What is not listed is shut to personal access tokens. */
const rooms: Record<string, Room> = {
  // who may end sign-ins could lock their user out
  auth: { read: admin, own: admin },
  projects: { read: ['projects.read', 'projects.write'], write: ['projects.write'] },
  tasks: { read: readTasks, write: writeTasks, execute },
  executions: { read: readTasks },
  commands: { read: readTasks, own: readTasks, execute },
  sessions: { read: readTasks, own: writeTasks },
  queues: { read: readTasks, execute, admin },
  webhooks: { read: webhooks, write: webhooks },
  'personal-access-tokens': { read: tokens, own: tokens },
  // any token may ask whom it speaks for, and whether all is well
  users: { read: scopes, own: ['profile.write'], admin },
  system: { read: scopes, admin },
};

/** The scopes of which one opens a room for an access; none when no token gets in. */
export function scopesOf(room: string, need: Need): readonly Scope[] {
  return Object.hasOwn(rooms, room) ? (rooms[room]?.[need] ?? []) : [];
}

/**
 * The scopes of which one opens a route: by the last room in its path (`/api/projects/{id}/tasks` is about tasks), its
 * access and whether its method is a safe one. All below `/api/auth` is about signing in: `/api/auth/sessions` are no work
 * sessions.
 */
export function scopesOfRoute(path: string, access: Permission, method: string): readonly Scope[] {
  const room = path.startsWith('/api/auth/')
    ? 'auth'
    : path.split('/').findLast((segment) => Object.hasOwn(rooms, segment));
  const safe = ['GET', 'HEAD'].includes(method);
  return room === undefined ? [] : scopesOf(room, access === 'read' && !safe ? 'own' : access);
}

const entityRooms: Record<string, string> = {
  task: 'tasks',
  execution: 'executions',
  session: 'sessions',
  webhook: 'webhooks',
};

/** The room that shows what an activity in a project is about: of a task, say, rather than of the project. */
export function resourceOfEntity(entityType: string): string {
  return entityRooms[entityType] ?? 'projects';
}

/** Whether one of the scopes is the token's that speaks for somebody; who signed in with a password needs none. */
export function hasScope({ token }: Pick<Actor, 'token'>, needed: readonly Scope[]): boolean {
  return !token || needed.some((scope) => token.scopes.includes(scope));
}

/**
 * Refuses what a personal access token was not made for; who signed in with a password may do all that the role allows.
 * @throws AUTH_INSUFFICIENT_PERMISSIONS
 */
export function checkScopes(actor: Actor, needed: readonly Scope[]): void {
  if (hasScope(actor, needed)) return;
  const message =
    needed.length === 0 ? 'Personal access tokens do not open this' : 'The token lacks the scope for this';
  throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required_scopes: needed }, { message });
}

/** The scopes that a role cannot use. */
export function beyondRole(actor: Pick<Actor, 'role'>, wanted: readonly Scope[]): Scope[] {
  return wanted.filter((scope) => !may(actor, scopeTable[scope]));
}

/**
 * The role that a token acts in: no more than its user's, and no more than its scopes ask for. So what looks at the role
 * deep inside a service, such as an administrator's sight of every project, is narrowed too.
 */
export function roleWithin(role: Role, granted: readonly Scope[]): Role {
  const asked = granted.map((scope) => scopeTable[scope]);
  const most: Role = asked.includes('admin')
    ? 'admin'
    : asked.some((permission) => permission !== 'read')
      ? 'developer'
      : 'viewer';
  return lowerRole(most, role);
}
