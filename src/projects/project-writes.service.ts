import { Injectable } from '@nestjs/common';
import { recordedValues } from '../activity/recorded-values.js';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { mergeSettings } from '../common/settings.js';
import { checkVersion } from '../http/request.js';
import type { Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { refuseAboveCeilings, refuseMoreProjects } from './project-ceilings.js';
import type { Project } from './project.entity.js';
import { defaultLimits, type CreateProject, type UpdateProject } from './projects.schema.js';

/** Creates and changes projects within the transactions of others; who may do that is the caller's to check. */
@Injectable()
export class ProjectWrites {
  constructor(
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Creates a project within the caller's transaction, which fails when the key is taken.
   * @param agent the agent whose backlog it is, if it is one
   * @throws RESOURCE_LIMIT_EXCEEDED
   */
  async createIn(
    tx: Transaction,
    actor: Actor,
    id: string,
    key: string,
    input: Omit<CreateProject, 'key'>,
    agent?: { id: string; refDigits: number },
  ): Promise<void> {
    const { name, description, visibility, settings } = input;
    const limits = { ...defaultLimits, ...input.resource_limits };
    await refuseMoreProjects(tx, actor, this.infrastructure.config);
    await tx.query(
      `INSERT INTO projects (id, key, name, description, visibility, settings, resource_limits, created_by, agent_id, ref_digits)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        id,
        key,
        name,
        description,
        visibility,
        settings,
        limits,
        actor.id,
        agent?.id ?? null,
        agent?.refDigits ?? 1,
      ],
    );
    this.activity.record(tx, {
      actor,
      entityType: 'project',
      entityId: id,
      projectId: id,
      action: 'created',
      newValue: recordedValues({ name, key, description, visibility, settings, resource_limits: limits }),
      event: {
        name: 'project.created',
        data: { project_id: id, name, status: 'active', created_by: actor.id },
      },
    });
  }

  /**
   * Updates a project; settings and limits are merged into the current ones.
   * @throws PROJECT_NOT_FOUND, PROJECT_ARCHIVED (until it is made active again), VERSION_CONFLICT, VALIDATION_ERROR for settings that have
   * become too large, AUTH_INSUFFICIENT_PERMISSIONS for limits that only an administrator may set
   */
  async updateIn(
    tx: Transaction,
    actor: Actor,
    id: string,
    { version, ...changes }: UpdateProject,
    ifMatch?: number,
  ): Promise<void> {
    const [project] = await tx.query<Project>(
      'SELECT * FROM projects WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
      [id],
    );
    if (!project) throw new AppError('PROJECT_NOT_FOUND', { project_id: id });
    checkVersion(project.version, version, ifMatch);
    const { config } = this.infrastructure;
    refuseAboveCeilings(actor, changes.resource_limits ?? {}, config, project.resource_limits);
    const next = {
      ...project,
      ...changes,
      settings: mergeSettings(project.settings, changes.settings),
      resource_limits: { ...project.resource_limits, ...changes.resource_limits },
    };
    if (project.status === 'archived' && next.status === 'archived') {
      throw new AppError('PROJECT_ARCHIVED', { project_id: id });
    }
    await tx.query(
      `UPDATE projects SET name = $2, description = $3, visibility = $4, status = $5, settings = $6,
              resource_limits = $7, updated_at = now(), version = version + 1 WHERE id = $1`,
      [id, next.name, next.description, next.visibility, next.status, next.settings, next.resource_limits],
    );
    const keys = Object.keys(changes) as (keyof typeof changes)[];
    const newValue = Object.fromEntries(keys.map((key) => [key, next[key]]));
    this.activity.record(tx, {
      actor,
      entityType: 'project',
      entityId: id,
      projectId: id,
      action: 'updated',
      oldValue: recordedValues(Object.fromEntries(keys.map((key) => [key, project[key]]))),
      newValue: recordedValues(newValue),
      event: {
        name: 'project.updated',
        data: { project_id: id, name: next.name, status: next.status, changes: withShortCommand(newValue) },
      },
    });
    this.events.emitAfter(tx, 'project.changed', { project_id: id });
  }
}

/** Shortens the command template for events, as it is shortened in lists. */
function withShortCommand<V extends { settings?: { command_template?: unknown } | undefined }>(
  changes: V,
): V {
  const template = changes.settings?.command_template;
  if (typeof template !== 'string' || template.length <= 1024) return changes;
  return { ...changes, settings: { ...changes.settings, command_template: template.slice(0, 1024) } };
}
