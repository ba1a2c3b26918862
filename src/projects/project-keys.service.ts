import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { accountOf, type Actor } from '../common/permissions.js';
import { slugFrom } from '../common/slug.js';
import type { Credential } from '../credentials/credential.entity.js';
import { toCredential } from '../credentials/credentials.schema.js';
import { Credentials, refuseEscalation, refuseOutliving } from '../credentials/credentials.service.js';
import type { Page } from '../http/pagination.js';
import { countRows, Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { confirmActor, endClaims } from '../users/actor.queries.js';
import { ProjectAccess } from './project-access.js';
import type {
  CreateProjectKey,
  ProjectKeyListQuery,
  ProjectKeyView,
  ProjectKeyWithSecret,
} from './project-keys.schema.js';

/** The most keys of a project. */
const mostKeys = 50;

/**
 * Keys of a project: whoever has one works there as a developer, and sees nothing else. Each has a user of its own, who is named in the
 * history after the label of the key and stays there when the key is gone. What it takes counts for the limits of who has made it.
 */
@Injectable()
export class ProjectKeysService {
  constructor(
    private readonly database: Database,
    private readonly access: ProjectAccess,
    private readonly credentials: Credentials,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /**
   * Creates a key. Only this response contains the secret.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED for who does not own the project, PROJECT_ARCHIVED, RESOURCE_LIMIT_EXCEEDED with 50 keys,
   * AUTH_INSUFFICIENT_PERMISSIONS for scopes beyond the token that makes the request, or a key that would outlive it
   */
  create(actor: Actor, project: string, input: CreateProjectKey): Promise<ProjectKeyWithSecret> {
    return this.database.transaction(async (tx) => {
      refuseOutliving(actor, input.expires_at);
      const projectId = await this.lockOwn(tx, actor, project, input.scopes);
      const count = await countRows(tx, 'FROM credentials WHERE project_id = $1', [projectId]);
      if (count >= mostKeys) throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: mostKeys });
      const userId = newId();
      await tx.query(
        `INSERT INTO users (id, kind, username, full_name, role, account_id) VALUES ($1, 'key', $2, $3, 'developer', $4)`,
        [userId, usernameOf(input.label), input.label, accountOf(actor)],
      );
      await tx.query(`INSERT INTO project_members (project_id, user_id, role) VALUES ($1, $2, 'developer')`, [
        projectId,
        userId,
      ]);
      const key = await this.credentials.create(tx, actor, { ...input, kind: 'key', userId, projectId });
      this.record(tx, actor, projectId, {
        action: 'key_created',
        newValue: { id: key.id, label: key.label },
      });
      return { ...key, project_id: projectId };
    });
  }

  /** Lists the keys of a project, the latest first, without their secret part. @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED */
  async list(
    actor: Actor,
    project: string,
    query: ProjectKeyListQuery,
    url: string,
  ): Promise<Page<ProjectKeyView>> {
    const { id: projectId } = await this.access.require(actor, project, 'own');
    const page = await this.credentials.list({ projectId }, query, url);
    return { ...page, items: page.items.map((key) => ({ ...key, project_id: projectId })) };
  }

  /**
   * Revokes a key, which closes its connections, and cancels its runs that have not ended.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND
   */
  async revoke(actor: Actor, project: string, keyId: string): Promise<{ message: string }> {
    await this.database.transaction(async (tx) => {
      const projectId = await this.lockOwn(tx, actor, project, []);
      const [key] = await tx.query<Credential>(
        'SELECT * FROM credentials WHERE id = $1 AND project_id = $2',
        [keyId, projectId],
      );
      if (!key) throw new AppError('RESOURCE_NOT_FOUND', { key_id: keyId });
      await this.revokeIn(tx, actor, projectId, key);
    });
    return { message: 'Key revoked' };
  }

  /** Revokes all keys of a project, of which there are 50 at most, within the caller's transaction. */
  async revokeAllIn(tx: Transaction, actor: Actor, projectId: string): Promise<void> {
    const keys = await tx.query<Credential & Record<string, unknown>>(
      'SELECT * FROM credentials WHERE project_id = $1 ORDER BY id',
      [projectId],
    );
    for (const key of keys) await this.revokeIn(tx, actor, projectId, key);
  }

  private async revokeIn(tx: Transaction, actor: Actor, projectId: string, key: Credential): Promise<void> {
    await this.credentials.revoke(tx, actor, toCredential(key));
    await tx.query(
      'UPDATE users SET disabled = true, updated_at = now(), version = version + 1 WHERE id = $1',
      [key.user_id],
    );
    await endClaims(tx, key.user_id);
    await tx.query('DELETE FROM project_members WHERE project_id = $1 AND user_id = $2', [
      projectId,
      key.user_id,
    ]);
    this.record(tx, actor, projectId, {
      action: 'key_revoked',
      oldValue: { id: key.id, label: key.label },
    });
    this.events.emitAfter(tx, 'user.restricted', { user_id: key.user_id, project_id: null });
  }

  /** Locks a project that the actor owns, so that changes of its keys do not run at once. @returns its id */
  private async lockOwn(
    tx: Transaction,
    actor: Actor,
    project: string,
    scopes: CreateProjectKey['scopes'],
  ): Promise<string> {
    const confirmed = await confirmActor(tx, actor);
    refuseEscalation(confirmed, scopes);
    const { id, status } = await this.access.require(confirmed, project, 'own', tx);
    if (scopes.length > 0 && status === 'archived')
      throw new AppError('PROJECT_ARCHIVED', { project_id: id });
    await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [id]);
    return id;
  }

  private record(
    tx: Transaction,
    actor: Actor,
    projectId: string,
    entry: { action: string; oldValue?: object; newValue?: object },
  ): void {
    this.activity.record(tx, { actor, entityType: 'project', entityId: projectId, projectId, ...entry });
    this.events.emitAfter(tx, 'project.changed', { project_id: projectId });
  }
}

/** Derives a username from the label of a key, with a random ending, since labels need not be unique. */
function usernameOf(label: string): string {
  return `${slugFrom(label, 50) || 'key'}-${randomBytes(4).toString('hex')}`;
}
