import { Injectable } from '@nestjs/common';
import { ActivityLog, type ActivityEntry } from '../activity/activity-log.js';
import { batchesOf } from '../common/batches.js';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { checkVersion } from '../http/request.js';
import { countSome, Database, uniqueViolation, type Queryable, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { ProjectAccess } from '../projects/project-access.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import type { Label } from './label.entity.js';
import { countLabels, mostLabels } from './label-count.js';
import {
  toLabel,
  type CreateLabel,
  type LabelListQuery,
  type LabelView,
  type UpdateLabel,
} from './labels.schema.js';

type Row = Label & Record<string, unknown>;

/** The tasks that one transaction of a renaming writes. */
const tasksAtOnce = 1_000;
/** The tasks that are looked for at once: each search reads the index with what it has of those that are renamed already. */
const tasksFound = 50_000;
/** The catalogue of labels. */
@Injectable()
export class LabelsService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
    private readonly activity: ActivityLog,
  ) {}

  /** Lists labels of the projects that the actor may see and of the whole installation. @throws PROJECT_NOT_FOUND */
  async list(actor: Actor, query: LabelListQuery, url: string): Promise<Page<LabelView>> {
    const window = new PageWindow(query, url, [['l.id', 'id']]);
    const values: unknown[] = [actor.id, actor.role === 'admin'];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const conditions = [`(l.project_id IS NULL OR (p.deleted_at IS NULL AND ${visible}))`];
    if (query.project_id !== undefined) {
      const { id } = await this.projects.require(actor, query.project_id, 'read');
      conditions.push(`(l.project_id = ${bind(id)} OR l.project_id IS NULL)`);
    }
    if (query.kind) conditions.push(`l.kind = ${bind(query.kind)}`);
    if (query.search) conditions.push(`starts_with(lower(l.name), lower(${bind(query.search)}))`);
    if (!query.include_archived) conditions.push('l.archived_at IS NULL');
    const from = `FROM labels l LEFT JOIN projects p ON p.id = l.project_id ${memberJoin} WHERE ${conditions.join(' AND ')}`;
    const total = window.total ?? (await countSome(this.database, from, [...values]));
    const rows = await this.database.query<Row>(
      `SELECT l.* ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toLabel);
  }

  /** Shows a label. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<LabelView> {
    return toLabel(await requireLabel(this.database, actor, id));
  }

  /**
   * Makes a label; an archived one of this name comes back with the given colour and description.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, AUTH_INSUFFICIENT_PERMISSIONS for the whole installation,
   * RESOURCE_ALREADY_EXISTS, RESOURCE_LIMIT_EXCEEDED
   */
  async create(actor: Actor, input: CreateLabel): Promise<LabelView> {
    return this.database.transaction(async (tx) => {
      const projectId = await this.requireKeeper(tx, actor, input.project_id ?? actor.projectId ?? null);
      await refuseMore(tx, projectId);
      const [row] = await tx.query<Row>(
        `INSERT INTO labels AS l (id, project_id, kind, name, color, description, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (coalesce(project_id, '00000000-0000-0000-0000-000000000000'), kind, lower(name)) DO UPDATE
            SET name = excluded.name, color = excluded.color, description = excluded.description, archived_at = NULL,
                updated_at = now(), version = l.version + 1
          WHERE l.archived_at IS NOT NULL RETURNING *`,
        [newId(), projectId, input.kind, input.name, input.color, input.description, actor.id],
      );
      if (!row) throw taken(input.name);
      this.record(tx, actor, row, { action: 'created', newValue: recordable(row) });
      return toLabel(row);
    });
  }

  /**
   * Changes a label. A new name is written to all tasks that have the old one, some at a time, before the catalogue has it: when this is
   * broken off, the same request goes on. It is written once more afterwards, for what was attached in between.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, AUTH_INSUFFICIENT_PERMISSIONS, VERSION_CONFLICT,
   * RESOURCE_ALREADY_EXISTS
   */
  async update(actor: Actor, id: string, input: UpdateLabel, ifMatch?: number): Promise<LabelView> {
    const { version, archived, ...changes } = input;
    const before = await this.requireOwn(this.database, actor, id);
    checkVersion(before.version, version, ifMatch);
    const { name = before.name } = changes;
    if (name.toLowerCase() !== before.name.toLowerCase()) {
      const [other] = await this.database.query<Row>(
        `SELECT * FROM labels WHERE project_id IS NOT DISTINCT FROM $1 AND kind = $2 AND lower(name) = lower($3)`,
        [before.project_id, before.kind, name],
      );
      if (other) throw taken(name);
    }
    const rename =
      name !== before.name && before.kind === 'task'
        ? () =>
            this.heavy.write(actor, async (now) =>
              this.renameInTasks(await this.requireOwn(this.database, now, id), name),
            )
        : undefined;
    await rename?.();
    // that may have taken long
    const now = rename ? await this.heavy.confirm(actor) : actor;
    const changed = await this.database.transaction(async (tx) => {
      const label = await this.requireOwn(tx, now, id, true);
      checkVersion(label.version, version, ifMatch);
      const next = { ...label, ...changes };
      const archivedAt =
        archived === undefined ? label.archived_at : archived ? (label.archived_at ?? new Date()) : null;
      const [row] = await tx
        .query<Row>(
          `UPDATE labels SET name = $2, color = $3, description = $4, archived_at = $5, updated_at = now(), version = version + 1
            WHERE id = $1 RETURNING *`,
          [id, next.name, next.color, next.description, archivedAt],
        )
        .catch((error: unknown) => {
          throw uniqueViolation(error) === 'labels_name' ? taken(name) : error;
        });
      this.record(tx, actor, row!, {
        action: 'updated',
        oldValue: recordable(label),
        newValue: recordable(row!),
      });
      return toLabel(row!);
    });
    await rename?.();
    return changed;
  }

  /** Archives a label: it is offered no more, and stays on the tasks that have it. @throws as `update` */
  async archive(actor: Actor, id: string): Promise<LabelView> {
    return this.update(actor, id, { archived: true });
  }

  private async renameInTasks({ project_id, name }: Label, next: string): Promise<void> {
    // tags of before the catalogue may be spelled in several ways, and the index knows only whole spellings
    const spellings = [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      name.charAt(0).toUpperCase() + name.slice(1),
    ];
    const old = [...new Set(spellings)].filter((spelling) => spelling !== next);
    for (;;) {
      const found = await this.database.query<{ id: string }>(
        `SELECT id FROM tasks t WHERE tags && $2::text[] AND deleted_at IS NULL AND (project_id = $1 OR ($1::uuid IS NULL
            -- a label of the project goes before that of the installation
            AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.project_id = t.project_id AND l.kind = 'task' AND lower(l.name) = $3)))
          LIMIT ${tasksFound}`,
        [project_id, old, name.toLowerCase()],
      );
      for (const batch of batchesOf(found, tasksAtOnce))
        await this.database.query(
          `UPDATE tasks t SET tags = ARRAY(
                    SELECT n.tag FROM (SELECT CASE WHEN u.tag = ANY ($2) THEN $3 ELSE u.tag END AS tag, min(u.place) AS place
                                         FROM unnest(t.tags) WITH ORDINALITY AS u (tag, place) GROUP BY 1) AS n ORDER BY n.place),
                  version = version + 1
            WHERE t.id = ANY ($1) AND t.tags && $2::text[]`,
          [batch.map(({ id }) => id), old, next],
        );
      if (found.length < tasksFound) return;
    }
  }

  /** Returns the id of the project whose labels the actor keeps; null for the whole installation. */
  private async requireKeeper(db: Queryable, actor: Actor, project: string | null): Promise<string | null> {
    if (project === null) {
      requirePermission(actor, 'admin');
      return null;
    }
    return (await this.projects.require(actor, project, 'write', db)).id;
  }

  private async requireOwn(db: Queryable, actor: Actor, id: string, lock = false): Promise<Label> {
    const label = await requireLabel(db, actor, id, lock);
    await this.requireKeeper(db, actor, label.project_id);
    return label;
  }

  private record(
    tx: Transaction,
    actor: Actor,
    { id, project_id }: Label,
    entry: Pick<ActivityEntry, 'action' | 'oldValue' | 'newValue'>,
  ): void {
    this.activity.record(tx, { actor, entityType: 'label', entityId: id, projectId: project_id, ...entry });
  }
}

async function requireLabel(db: Queryable, actor: Actor, id: string, lock = false): Promise<Label> {
  const [row] = await db.query<Row>(
    `SELECT l.* FROM labels l LEFT JOIN projects p ON p.id = l.project_id ${memberJoin}
      WHERE l.id = $3 AND (l.project_id IS NULL OR (p.deleted_at IS NULL AND ${visible})) ${lock ? 'FOR UPDATE OF l' : ''}`,
    [actor.id, actor.role === 'admin', id],
  );
  if (!row) throw new AppError('RESOURCE_NOT_FOUND', { label_id: id });
  return row;
}

/** @throws RESOURCE_LIMIT_EXCEEDED */
async function refuseMore(tx: Transaction, projectId: string | null): Promise<void> {
  if ((await countLabels(tx, projectId)) >= mostLabels)
    throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'labels', value: mostLabels });
}

const taken = (name: string) =>
  new AppError('RESOURCE_ALREADY_EXISTS', {
    field: 'name',
    value: name,
    issue: 'Another label has this name',
  });

const recordable = ({ name, color, description, archived_at }: Label) => ({
  name,
  color,
  description,
  archived: archived_at !== null,
});
