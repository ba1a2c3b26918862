import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';

/** The cache is emptied when it holds this many projects. */
const maxCached = 10_000;

const select = `
  SELECT p.id, p.created_by, p.visibility, p.deleted_at IS NOT NULL AS deleted,
         array(SELECT m.user_id FROM project_members m WHERE m.project_id = p.id) AS members FROM projects p`;

interface Lookup {
  changed: Set<string>;
  allChanged: boolean;
}

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
  /** The look-ups in progress, each with the projects of which a change has arrived meanwhile. */
  private readonly lookups = new Set<Lookup>();

  constructor(private readonly database: Database) {}

  /** Looks a project up unless it is cached. */
  async load(projectId: string): Promise<void> {
    while (!this.known.has(projectId)) if (await this.lookUp([projectId])) return;
  }

  /** Looks many projects up with one query, before a caller `load`s each of them. */
  async prefetch(projectIds: readonly string[]): Promise<void> {
    const unknown = [...new Set(projectIds)].filter((id) => !this.known.has(id));
    if (unknown.length > 0) await this.lookUp(unknown);
  }

  /**
   * Looks projects up and caches them, except those that have changed meanwhile: their rows may have been read before the change.
   * @returns whether none of them has changed
   */
  private async lookUp(projectIds: readonly string[]): Promise<boolean> {
    const lookup: Lookup = { changed: new Set(), allChanged: false };
    this.lookups.add(lookup);
    try {
      const rows = await this.database.query<AudienceRow>(`${select} WHERE p.id = ANY($1)`, [projectIds]);
      if (lookup.allChanged) return false;
      for (const row of rows) if (!lookup.changed.has(row.id)) this.remember(row);
      return !projectIds.some((id) => lookup.changed.has(id));
    } finally {
      this.lookups.delete(lookup);
    }
  }

  private remember({ id, members, ...rest }: AudienceRow): void {
    if (this.known.size >= maxCached) this.known.clear();
    this.known.set(id, { ...rest, members: new Set(members) });
  }

  forget(projectId: string): void {
    this.known.delete(projectId);
    for (const { changed } of this.lookups) changed.add(projectId);
  }

  forgetAll(): void {
    this.known.clear();
    for (const lookup of this.lookups) lookup.allChanged = true;
  }

  /** Tells whether a user may receive events of a loaded project; they include its deletion, so a deleted project counts. */
  mayReceive(actor: Actor, projectId: string): boolean {
    const audience = this.known.get(projectId);
    if (!audience) return false;
    if (actor.role === 'admin' || audience.created_by === actor.id) return true;
    const seesInternal = audience.visibility === 'internal' && actor.projectId === undefined;
    return seesInternal || audience.members.has(actor.id);
  }

  /** Tells whether a user may see a loaded project; a deleted project is visible to nobody. */
  maySee(actor: Actor, projectId: string): boolean {
    return this.mayReceive(actor, projectId) && this.known.get(projectId)?.deleted === false;
  }
}
