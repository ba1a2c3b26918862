import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { Keyring, placeOfSecret } from '../common/keyring.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Queryable } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from './project-access.js';
import { toSecret, type SecretRow, type SecretView } from './secrets.schema.js';

/** The limits on secrets of a project: all are variables of every command, and every output is searched for them. */
const mostSecrets = 100;
const mostBytes = 128 * 1024;

/** Manages the secrets of projects. Their values are only returned to workers. */
@Injectable()
export class SecretsService {
  constructor(
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly access: ProjectAccess,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Lists the names of a project's secrets.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED when the actor is not an owner
   */
  async list(actor: Actor, project: string): Promise<{ secrets: SecretView[] }> {
    const { id } = await this.access.require(actor, project, 'own');
    const rows = await this.database.query<SecretRow & Record<string, unknown>>(
      'SELECT name, created_at, updated_at, updated_by FROM project_secrets WHERE project_id = $1 ORDER BY name',
      [id],
    );
    return { secrets: rows.map(toSecret) };
  }

  /**
   * Sets or replaces a secret for all runs that start later.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, RESOURCE_LIMIT_EXCEEDED, SECRETS_UNPROTECTED
   */
  async set(actor: Actor, project: string, name: string, value: string): Promise<SecretView> {
    const { id } = await this.access.require(actor, project, 'own');
    await this.refuseUnprotected();
    return this.database.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [id]);
      const size = Buffer.byteLength(value);
      const [others] = await tx.query<{ n: number; bytes: number }>(
        `SELECT count(*)::int AS n, coalesce(sum(size), 0)::int AS bytes FROM project_secrets
          WHERE project_id = $1 AND name <> $2`,
        [id, name],
      );
      if (others && (others.n >= mostSecrets || others.bytes + size > mostBytes))
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', { max_secrets: mostSecrets, max_bytes: mostBytes });
      const [row] = await tx.query<SecretRow & Record<string, unknown>>(
        `INSERT INTO project_secrets (project_id, name, sealed, size, updated_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (project_id, name) DO UPDATE
            SET sealed = excluded.sealed, size = excluded.size, updated_by = excluded.updated_by, updated_at = now()
         RETURNING name, created_at, updated_at, updated_by`,
        [id, name, this.keyring.seal(placeOfSecret(id, name), value), size, actor.id],
      );
      this.activity.record(tx, {
        actor,
        entityType: 'project',
        entityId: id,
        projectId: id,
        action: 'secret_set',
        newValue: { name },
      });
      this.events.emitAfter(tx, 'project.changed', { project_id: id });
      return toSecret(row!);
    });
  }

  /** Removes a secret. @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND */
  async remove(actor: Actor, project: string, name: string): Promise<{ secrets: SecretView[] }> {
    const { id } = await this.access.require(actor, project, 'own');
    await this.database.transaction(async (tx) => {
      const rows = await tx.query(
        'DELETE FROM project_secrets WHERE project_id = $1 AND name = $2 RETURNING name',
        [id, name],
      );
      if (rows.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { name });
      this.activity.record(tx, {
        actor,
        entityType: 'project',
        entityId: id,
        projectId: id,
        action: 'secret_removed',
        oldValue: { name },
      });
      this.events.emitAfter(tx, 'project.changed', { project_id: id });
    });
    return this.list(actor, id);
  }

  /**
   * Refuses secrets when no worker can keep them from other projects, since no run would get them.
   * @throws SECRETS_UNPROTECTED
   */
  async refuseUnprotected(): Promise<void> {
    const { ALLOW_UNISOLATED_SECRETS, LEASE_SECONDS } = this.infrastructure.config;
    if (ALLOW_UNISOLATED_SECRETS) return;
    const [workers] = await this.database.query<{ separates: boolean | null }>(
      'SELECT bool_or(separates) AS separates FROM workers WHERE seen_at > now() - make_interval(secs => $1)',
      [LEASE_SECONDS],
    );
    if (workers?.separates === false) throw new AppError('SECRETS_UNPROTECTED');
  }

  /**
   * Returns the secrets of a project by name, for one of its runs.
   * @throws SealedError
   */
  async valuesOf(projectId: string, db: Queryable): Promise<Record<string, string>> {
    const rows = await db.query<{ name: string; sealed: Buffer }>(
      'SELECT name, sealed FROM project_secrets WHERE project_id = $1',
      [projectId],
    );
    return Object.fromEntries(
      rows.map(({ name, sealed }) => [name, this.keyring.open(placeOfSecret(projectId, name), sealed)]),
    );
  }
}
