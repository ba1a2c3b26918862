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

/** Kinds of access to a resource; `own` changes only what belongs to the caller, which every role may do. */
type Need = Permission | 'own';
type ResourceScopes = Partial<Record<Need, readonly Scope[]>>;

/** Reading is included in the scopes to write and to execute. */
const readTasks: readonly Scope[] = ['tasks.read', 'tasks.write', 'execute'];
const writeTasks: readonly Scope[] = ['tasks.write'];
const execute: readonly Scope[] = ['execute'];
const webhooks: readonly Scope[] = ['webhooks.manage'];
const tokens: readonly Scope[] = ['tokens.manage'];
const admin: readonly Scope[] = ['admin'];

/** The scopes, any of which suffices, by resource and access. Personal access tokens have no access to what is not listed. */
const resources: Record<string, ResourceScopes> = {
  // A token that can end sign-ins could lock its user out.
  auth: { read: admin, own: admin },
  projects: { read: ['projects.read', 'projects.write'], write: ['projects.write'] },
  tasks: { read: readTasks, write: writeTasks, execute },
  labels: { read: readTasks, write: writeTasks },
  claims: { read: readTasks, write: writeTasks },
  backlogs: { read: readTasks, write: writeTasks },
  agents: { read: scopes, admin },
  // the types of things that a token may read are looked at for each entry
  activity: { read: scopes },
  events: { read: scopes },
  // each tool calls the API, which looks at the scopes of what it does
  mcp: { read: scopes, own: scopes },
  docs: { read: readTasks, write: writeTasks },
  memory: { read: readTasks, write: writeTasks },
  documents: { read: readTasks, write: writeTasks },
  attachments: { read: readTasks, write: writeTasks },
  export: { read: readTasks },
  import: { write: writeTasks },
  findings: { write: writeTasks },
  sync: { write: writeTasks },
  executions: { read: readTasks },
  commands: { read: readTasks, own: readTasks, execute },
  sessions: { read: readTasks, own: writeTasks },
  queues: { read: readTasks, execute, admin },
  triggers: { read: readTasks, execute },
  workers: { read: readTasks, admin },
  webhooks: { read: webhooks, write: webhooks },
  'personal-access-tokens': { read: tokens, own: tokens },
  // Any token may read its own user and the health of the system.
  users: { read: scopes, own: ['profile.write'], admin },
  system: { read: scopes, admin },
  workspace: { read: scopes, admin },
  workspaces: { read: scopes },
};

/** The scopes, any of which permits an access to a resource; empty when no token has access. */
export function scopesOf(resource: string, need: Need): readonly Scope[] {
  return Object.hasOwn(resources, resource) ? (resources[resource]?.[need] ?? []) : [];
}

/**
 * The scopes, any of which permits a route: by the last resource in its path (`/api/projects/{id}/tasks` is about tasks), its access and
 * whether its method is safe. All paths below `/api/auth` are about signing in: `/api/auth/sessions` are not work sessions.
 */
export function scopesOfRoute(path: string, access: Permission, method: string): readonly Scope[] {
  const resource = path.startsWith('/api/auth/')
    ? 'auth'
    : path.split('/').findLast((segment) => Object.hasOwn(resources, segment));
  const safe = ['GET', 'HEAD'].includes(method);
  return resource === undefined ? [] : scopesOf(resource, access === 'read' && !safe ? 'own' : access);
}

/** The resource of each type of entity in the activity log, and the access that shows the entries; a type without one is not shown. */
const entityResources = {
  task: ['tasks', 'read'],
  execution: ['executions', 'read'],
  label: ['labels', 'read'],
  document: ['documents', 'read'],
  attachment: ['attachments', 'read'],
  session: ['sessions', 'read'],
  project: ['projects', 'read'],
  webhook: ['webhooks', 'read'],
  queue: ['queues', 'read'],
  trigger: ['triggers', 'read'],
  system: ['system', 'read'],
  // with the names of hosts
  worker: ['workers', 'admin'],
  token: ['personal-access-tokens', 'read'],
  // The entries about users are about sign-ins and about other users, too.
  user: ['users', 'admin'],
} as const satisfies Record<string, readonly [resource: string, need: Need]>;

/** The types of the entities in the activity log. */
export type EntityType = keyof typeof entityResources;

/** The scopes, any of which permits to see that an entity of a type was changed, and how. */
export function scopesOfEntity(entityType: string): readonly Scope[] {
  return Object.hasOwn(entityResources, entityType)
    ? scopesOf(...(entityResources[entityType as EntityType] as readonly [string, Need]))
    : [];
}

/** The types of entities whose activity an actor may see; undefined for all of them. */
export function visibleEntityTypes(actor: Pick<Actor, 'token'>): EntityType[] | undefined {
  if (!actor.token) return undefined;
  const types = Object.keys(entityResources) as EntityType[];
  return types.filter((type) => hasScope(actor, scopesOfEntity(type)));
}

/** Tells whether an actor's token has one of the scopes. An actor that signed in with a password needs none. */
export function hasScope({ token }: Pick<Actor, 'token'>, needed: readonly Scope[]): boolean {
  return !token || needed.some((scope) => token.scopes.includes(scope));
}

/**
 * Checks that a personal access token has one of the scopes. An actor that signed in with a password needs none.
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
 * The effective role of a token: at most its user's, and at most what its scopes need. So checks of the role within a service, such as
 * an administrator's access to every project, are narrowed, too.
 */
export function roleWithin(role: Role, granted: readonly Scope[]): Role {
  const needed = granted.map((scope) => scopeTable[scope]);
  const most: Role = needed.includes('admin')
    ? 'admin'
    : needed.some((permission) => permission !== 'read')
      ? 'developer'
      : 'viewer';
  return lowerRole(most, role);
}
