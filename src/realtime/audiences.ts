import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';

/** More projects than this are looked up again rather than remembered. */
const maxRemembered = 10_000;

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
 * Who may see a project: the rule of `visible` in projects.queries.ts, asked of the database once per project and change
 * instead of once per event and connection. A project that cannot be looked up is seen by nobody.
 */
@Injectable()
export class Audiences {
  private readonly known = new Map<string, Audience>();
  private changes = 0;

  constructor(private readonly database: Database) {}

  /** Looks a project up unless it is known. */
  async load(projectId: string): Promise<void> {
    while (!this.known.has(projectId)) {
      const before = this.changes;
      const [row] = await this.database.query<AudienceRow>(`${select} WHERE p.id = $1`, [projectId]);
      // what was read before a change must not be remembered after it
      if (before !== this.changes) continue;
      if (!row) return;
      this.remember(row);
    }
  }

  /** Looks many up at once, for who is about to `load` each. */
  async prefetch(projectIds: readonly string[]): Promise<void> {
    const unknown = [...new Set(projectIds)].filter((id) => !this.known.has(id));
    if (unknown.length === 0) return;
    const before = this.changes;
    const rows = await this.database.query<AudienceRow>(`${select} WHERE p.id = ANY($1)`, [unknown]);
    // as in `load`, which looks up what is missing
    if (before === this.changes) for (const row of rows) this.remember(row);
  }

  private remember({ id, members, ...rest }: AudienceRow): void {
    if (this.known.size >= maxRemembered) this.known.clear();
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

  /** Whether somebody may be told about a loaded project; also of its end, so a deleted one counts. */
  mayHear(actor: Actor, projectId: string): boolean {
    const audience = this.known.get(projectId);
    if (!audience) return false;
    if (actor.role === 'admin' || audience.created_by === actor.id) return true;
    return audience.visibility === 'internal' || audience.members.has(actor.id);
  }

  /** Whether somebody may look at a loaded project; nobody may at a deleted one. */
  maySee(actor: Actor, projectId: string): boolean {
    return this.mayHear(actor, projectId) && this.known.get(projectId)?.deleted === false;
  }
}
