import { Injectable } from '@nestjs/common';
import { toInstant } from '../common/fields.js';
import { may, type Actor } from '../common/permissions.js';
import { visibleEntityTypes } from '../common/scopes.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { ProjectAccess } from '../projects/project-access.js';
import { activityPage, actorsNamed, type ActivityRow, type Scope } from './activity.queries.js';
import type { ActivityEntryView, ActivityPage, ActivityQuery } from './activity.schema.js';

/** Shows who did what: to everybody in the projects they see, to administrators everything, sign-ins and settings too. */
@Injectable()
export class ActivityService {
  constructor(
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
  ) {}

  /**
   * Reads a page of the activity, the latest first.
   * @throws PROJECT_NOT_FOUND
   */
  async page(actor: Actor, query: ActivityQuery): Promise<ActivityPage> {
    const isAdministrator = may(actor, 'admin');
    const scope = await this.scopeOf(actor, query, isAdministrator);
    return this.heavy.read(actor, async (tx) => {
      const named = query.actor;
      const actors = named && ('id' in named ? [named.id] : await actorsNamed(tx, named));
      const types = visibleEntityTypes(actor);
      const reader = { id: actor.id, isAdministrator };
      const { rows, cutAt } = await activityPage(tx, reader, scope, query, { actors, types });
      const shown = rows.slice(0, query.limit);
      const next = rows.length > query.limit ? Number(shown.at(-1)!.sequence) : cutAt;
      return { activity: shown.map(toEntry), next_before: next };
    });
  }

  private async scopeOf(actor: Actor, query: ActivityQuery, isAdministrator: boolean): Promise<Scope> {
    if (query.project_id !== undefined)
      return { project: (await this.projects.require(actor, query.project_id, 'read')).id };
    if (query.entity_id !== undefined) return { entity: query.entity_id };
    return isAdministrator ? 'all' : 'visible';
  }
}

/** Builds the representation of an entry. */
export function toEntry(row: ActivityRow): ActivityEntryView {
  const { actor_id, actor_kind, actor_name, at, sequence, ...entry } = row;
  const kind = actor_id === null ? 'system' : actor_kind === 'person' ? 'human' : 'ai';
  return {
    sequence: Number(sequence),
    at: toInstant(at),
    actor: { id: actor_id, kind, name: actor_name ?? 'Millrace' },
    ...entry,
  };
}
