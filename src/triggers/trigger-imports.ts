import { Injectable } from '@nestjs/common';
import type { WriteEntry } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { Keyring } from '../common/keyring.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { insertTriggers, lockTriggers, updateTrigger, type WrittenTrigger } from './triggers.queries.js';
import { recordable } from './triggers.schema.js';

/** A trigger as an import makes or changes it. */
export interface ImportedTrigger {
  id: string;
  /** The version that it was compared with; null for a new one. */
  seen: number | null;
  fields: WrittenTrigger;
}

/** Stores the triggers of files. */
@Injectable()
export class TriggerImports {
  constructor(private readonly keyring: Keyring) {}

  /**
   * Stores triggers, whose tasks must be there. New ones get a URL of their own, have no secret and run their tasks in the name of the
   * actor; changed ones keep theirs.
   * @returns what the activity is to say
   * @throws RESOURCE_LIMIT_EXCEEDED, RESOURCE_IN_USE for one that was changed since it was compared with the file
   */
  async write(
    tx: Transaction,
    actor: Actor,
    projectId: string,
    triggers: ImportedTrigger[],
  ): Promise<WriteEntry[]> {
    const entries: WriteEntry[] = [];
    const existing = triggers.filter(({ seen }) => seen !== null);
    const ids = existing.map(({ id }) => id);
    const before = new Map((await lockTriggers(tx, projectId, ids)).map((row) => [row.id, row]));
    for (const { id, seen, fields } of existing) {
      const stored = before.get(id);
      if (stored?.version !== seen)
        throw new AppError(
          'RESOURCE_IN_USE',
          { trigger_id: id },
          { message: 'A trigger of the file was changed meanwhile: try again' },
        );
      const row = await updateTrigger(tx, id, { ...stored!, ...fields });
      const change = { oldValue: recordable(stored!), newValue: recordable(row) };
      entries.push({ entityType: 'trigger', entityId: id, projectId, action: 'updated', ...change });
    }
    const created = triggers.filter(({ seen }) => seen === null);
    if (created.length === 0) return entries;
    const own = { created_by: actor.id, sealed_secret: null };
    const made = await insertTriggers(
      tx,
      this.keyring,
      projectId,
      created.map(({ id, fields }) => ({ ...fields, ...own, id })),
    );
    for (const { row } of made)
      entries.push({
        entityType: 'trigger',
        entityId: row.id,
        projectId,
        action: 'created',
        newValue: { ...recordable(row), imported: true },
      });
    return entries;
  }
}
