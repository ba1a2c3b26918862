import { Injectable } from '@nestjs/common';
import { ActivityLog, type ActivityEntry } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { Keyring, placeOfTrigger } from '../common/keyring.js';
import { may, type Actor } from '../common/permissions.js';
import { hasScope, scopesOf } from '../common/scopes.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { checkVersion } from '../http/request.js';
import { countSome, Database, type Queryable, type Transaction } from '../infra/database.js';
import { ProjectAccess, type ProjectPermission } from '../projects/project-access.js';
import type { AccessibleProject } from '../projects/projects.queries.js';
import { requireTask } from '../tasks/tasks.queries.js';
import { insertTriggers, newToken, updateTrigger, type TriggerRow } from './triggers.queries.js';
import type { TriggerDelivery } from './trigger-delivery.entity.js';
import type { Trigger } from './trigger.entity.js';
import {
  columnsOf,
  recordable,
  toTrigger,
  toTriggerDelivery,
  type CreateTrigger,
  type TriggerDeliveryView,
  type TriggerListQuery,
  type TriggerView,
  type UpdateTrigger,
} from './triggers.schema.js';

type Written = ReturnType<typeof columnsOf>;

/** The triggers of projects. */
@Injectable()
export class TriggersService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
    private readonly keyring: Keyring,
    private readonly activity: ActivityLog,
  ) {}

  /** Lists the triggers of a project. @throws PROJECT_NOT_FOUND */
  async list(
    actor: Actor,
    projectName: string,
    query: TriggerListQuery,
    url: string,
  ): Promise<Page<TriggerView>> {
    const project = await this.projects.require(actor, projectName, 'read');
    const window = new PageWindow(query, url, [['id', 'id']]);
    const values: unknown[] = [project.id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = 'FROM triggers WHERE project_id = $1';
    const total = window.total ?? (await countSome(this.database, from, [...values]));
    const rows = await this.database.query<TriggerRow>(
      `SELECT * ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, (row) => this.shown(actor, project, row));
  }

  /**
   * Makes a trigger, which runs its task in the name of the actor.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, TASK_NOT_FOUND, VALIDATION_ERROR, RESOURCE_LIMIT_EXCEEDED
   */
  async create(actor: Actor, projectName: string, { secret, ...input }: CreateTrigger): Promise<TriggerView> {
    return this.database.transaction(async (tx) => {
      const project = await this.projects.require(actor, projectName, 'execute', tx);
      const written = await this.checked(tx, actor, project.id, columnsOf(input));
      const id = newId();
      const trigger = { ...written, id, created_by: actor.id, sealed_secret: this.sealed(id, secret) };
      const [made] = await insertTriggers(tx, this.keyring, project.id, [trigger]);
      const { row, token } = made!;
      this.record(tx, actor, row, { action: 'created', newValue: recordable(row) });
      return toTrigger(row, token);
    });
  }

  /** Shows a trigger. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<TriggerView> {
    const { row, project } = await this.require(this.database, actor, id, 'read');
    return this.shown(actor, project, row);
  }

  /**
   * Changes a trigger.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, TASK_NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT
   */
  async update(actor: Actor, id: string, input: UpdateTrigger, ifMatch?: number): Promise<TriggerView> {
    const { version, secret, ...changes } = input;
    return this.database.transaction(async (tx) => {
      const { row: before, project } = await this.require(tx, actor, id, 'execute', 'FOR UPDATE');
      checkVersion(before.version, version, ifMatch);
      const old = toTrigger(before, null);
      const written = await this.checked(tx, actor, project.id, columnsOf({ ...old, ...changes }));
      const sealed_secret = secret === undefined ? before.sealed_secret : this.sealed(id, secret);
      const row = await updateTrigger(tx, id, { ...written, sealed_secret });
      this.record(tx, actor, row, {
        action: 'updated',
        oldValue: recordable(before),
        newValue: recordable(row),
      });
      return this.shown(actor, project, row);
    });
  }

  /** Gives a trigger another URL; that of before is nothing any more. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED */
  async rotate(actor: Actor, id: string): Promise<TriggerView> {
    return this.database.transaction(async (tx) => {
      await this.require(tx, actor, id, 'execute', 'FOR UPDATE');
      const { token, token_hash, sealed_token } = newToken(this.keyring, id);
      const [row] = await tx.query<TriggerRow>(
        `UPDATE triggers SET token_hash = $2, sealed_token = $3, updated_at = now(), version = version + 1
          WHERE id = $1 RETURNING *`,
        [id, token_hash, sealed_token],
      );
      this.record(tx, actor, row!, { action: 'rotated' });
      return toTrigger(row!, token);
    });
  }

  /** Deletes a trigger with the log of its deliveries. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED */
  async delete(actor: Actor, id: string): Promise<{ message: string }> {
    await this.database.transaction(async (tx) => {
      const { row } = await this.require(tx, actor, id, 'execute', 'FOR UPDATE');
      await tx.query('DELETE FROM triggers WHERE id = $1', [id]);
      this.record(tx, actor, row, { action: 'deleted', oldValue: recordable(row) });
    });
    return { message: 'Trigger deleted' };
  }

  /** Lists what reached a trigger, the latest first, and what became of it. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED */
  async deliveries(
    actor: Actor,
    id: string,
    query: TriggerListQuery,
    url: string,
  ): Promise<Page<TriggerDeliveryView>> {
    await this.require(this.database, actor, id, 'read');
    const window = new PageWindow(query, url, [['id', 'id']]);
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = 'FROM trigger_deliveries WHERE trigger_id = $1';
    const total = window.total ?? (await countSome(this.database, from, [...values]));
    const rows = await this.database.query<TriggerDelivery & Record<string, unknown>>(
      `SELECT * ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toTriggerDelivery);
  }

  private async require(
    db: Queryable,
    actor: Actor,
    id: string,
    permission: ProjectPermission,
    lock = '',
  ): Promise<{ row: TriggerRow; project: AccessibleProject }> {
    const [row] = await db.query<TriggerRow>(`SELECT * FROM triggers WHERE id = $1 ${lock}`, [id]);
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { id });
    const project = await this.projects
      .require(actor, row.project_id, permission, db)
      .catch((error: unknown) => {
        const hidden = error instanceof AppError && error.code === 'PROJECT_NOT_FOUND';
        throw hidden ? new AppError('RESOURCE_NOT_FOUND', { id }) : error;
      });
    return { row, project };
  }

  /** Checks that the task is of the project and takes the inputs. @returns the columns with the task's id */
  private async checked(tx: Transaction, actor: Actor, projectId: string, input: Written): Promise<Written> {
    const task = await requireTask(tx, actor, input.task_id, 'execute');
    if (task.project_id !== projectId)
      throw new AppError('VALIDATION_ERROR', { field: 'task_id', issue: 'The task is of another project' });
    const unknown = Object.keys(input.inputs_from).find(
      (name) => !task.inputs.some((declared) => declared.name === name),
    );
    if (unknown !== undefined)
      throw new AppError('VALIDATION_ERROR', {
        field: `inputs_from.${unknown}`,
        issue: 'The task has no such input',
      });
    return { ...input, task_id: task.id };
  }

  private sealed(id: string, secret: string | null): Buffer | null {
    return secret === null ? null : this.keyring.seal(placeOfTrigger(id), secret);
  }

  /** Shows a trigger, with its token to who may run tasks in its project. */
  private shown(actor: Actor, { access }: Pick<AccessibleProject, 'access'>, row: Trigger): TriggerView {
    const mayRun =
      may(actor, 'execute') && access !== 'viewer' && hasScope(actor, scopesOf('triggers', 'execute'));
    return toTrigger(row, mayRun ? this.keyring.open(placeOfTrigger(row.id), row.sealed_token) : null);
  }

  private record(
    tx: Transaction,
    actor: Actor,
    row: Trigger,
    entry: Pick<ActivityEntry, 'action' | 'oldValue' | 'newValue'>,
  ): void {
    this.activity.record(tx, {
      actor,
      entityType: 'trigger',
      entityId: row.id,
      projectId: row.project_id,
      ...entry,
    });
  }
}
