import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';

/** The cache is emptied when it holds this many projects. */
const maxCached = 10_000;

const select = `
  SELECT p.id, p.created_by, p.visibility, p.deleted_at IS NOT NULL AS deleted,
         array(SELECT m.user_id FROM project_members m WHERE m.project_id = p.id) AS members FROM projects p`;

type AudienceRow = Omit<Audience, 'members'> & { id: string; members: string[] };

interface Audience {
  created_by: string;
  visibility: string;
  deleted: boolean;
  members: Set<string>;
}

/**
 * Caches who may see a project, by the rule of `visible` in projects.queries.ts: the database is queried once per project and change
 * instead of once per event and connection. A project that cannot be looked up is visible to nobody.
 */
@Injectable()
export class Audiences {
  private readonly known = new Map<string, Audience>();
  private changes = 0;

  constructor(private readonly database: Database) {}

  /** Looks a project up unless it is cached. */
  async load(projectId: string): Promise<void> {
    while (!this.known.has(projectId)) {
      const before = this.changes;
      const [row] = await this.database.query<AudienceRow>(`${select} WHERE p.id = $1`, [projectId]);
      // A row that was read before a change must not be cached after it.
      if (before !== this.changes) continue;
      if (!row) return;
      this.remember(row);
    }
  }

  /** Looks many projects up with one query, before a caller `load`s each of them. */
  async prefetch(projectIds: readonly string[]): Promise<void> {
    const unknown = [...new Set(projectIds)].filter((id) => !this.known.has(id));
    if (unknown.length === 0) return;
    const before = this.changes;
    const rows = await this.database.query<AudienceRow>(`${select} WHERE p.id = ANY($1)`, [unknown]);
    // Rows that were read before a change are dropped; `load` looks those projects up again.
    if (before === this.changes) for (const row of rows) this.remember(row);
  }

  private remember({ id, members, ...rest }: AudienceRow): void {
    if (this.known.size >= maxCached) this.known.clear();
    this.known.set(id, { ...rest, members: new Set(members) });
  }

  forget(projectId: string): void {
    this.known.delete(projectId);
    this.changes += 1;
  }

  forgetAll(): void {
    this.known.clear();
    this.changes += 1;
  }

  /** Tells whether a user may receive events of a loaded project; they include its deletion, so a deleted project counts. */
  mayReceive(actor: Actor, projectId: string): boolean {
    const audience = this.known.get(projectId);
    if (!audience) return false;
    if (actor.role === 'admin' || audience.created_by === actor.id) return true;
    return audience.visibility === 'internal' || audience.members.has(actor.id);
  }

  /** Tells whether a user may see a loaded project; a deleted project is visible to nobody. */
  maySee(actor: Actor, projectId: string): boolean {
    return this.mayReceive(actor, projectId) && this.known.get(projectId)?.deleted === false;
  }
}
