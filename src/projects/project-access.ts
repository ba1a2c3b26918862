import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Queryable } from '../infra/database.js';
import { findAccessible, type AccessibleProject } from './projects.queries.js';
import type { MemberRole } from './projects.schema.js';

/** The kinds of access to a project. What runs can be cancelled in an archived project, too. */
export type ProjectPermission = 'read' | 'write' | 'execute' | 'cancel' | 'own';

const granted: Record<MemberRole, readonly ProjectPermission[]> = {
  viewer: ['read'],
  developer: ['read', 'write', 'execute', 'cancel'],
  owner: ['read', 'write', 'execute', 'cancel', 'own'],
};

const projectName = /^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[A-Za-z][A-Za-z0-9]{1,9})$/;

/** The id or key of a project; a key may be in upper or lower case. */
export const projectIdParam = z
  .string()
  .regex(projectName, 'Send the id of a project, or its key: 2 to 10 letters and digits, a letter first')
  .transform((name) => (name.includes('-') ? name.toLowerCase() : name.toUpperCase()))
  .meta({ description: 'The id of a project, or its key' });

/**
 * Completes the body of a request with the project that the actor's key is bound to, where it names none.
 * @throws VALIDATION_REQUIRED_FIELD when neither names one
 */
export function withProject<B extends { project_id?: string | undefined }>(
  actor: Actor,
  body: B,
): B & { project_id: string } {
  const project_id = body.project_id ?? actor.projectId;
  if (project_id === undefined)
    throw new AppError('VALIDATION_REQUIRED_FIELD', { field: 'project_id', issue: 'Send a project' });
  return { ...body, project_id };
}

/**
 * Refuses access that the actor's role in the project does not allow, and changes to an archived project.
 * @throws PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
 */
export function checkPermission(
  project: { id: string; status: string; access: MemberRole },
  permission: ProjectPermission,
): void {
  if (!granted[project.access].includes(permission)) {
    throw new AppError('PROJECT_ACCESS_DENIED', { project_id: project.id, required: permission });
  }
  if (project.status === 'archived' && (permission === 'write' || permission === 'execute')) {
    throw new AppError('PROJECT_ARCHIVED', { project_id: project.id });
  }
}

@Injectable()
export class ProjectAccess {
  constructor(private readonly database: Database) {}

  /**
   * Loads a project if the actor has a kind of access to it.
   * @param project an id or a key
   * @throws PROJECT_NOT_FOUND when the actor may not see it, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
   */
  async require(
    actor: Actor,
    project: string,
    permission: ProjectPermission,
    db: Queryable = this.database,
  ): Promise<AccessibleProject> {
    const named = project.includes('-') ? { id: project } : { key: project };
    const found = await findAccessible(db, actor.id, actor.role === 'admin', named);
    const isOutside = actor.projectId !== undefined && found?.id !== actor.projectId;
    if (!found || isOutside) throw new AppError('PROJECT_NOT_FOUND', { project_id: project });
    checkPermission(found, permission);
    return found;
  }
}
