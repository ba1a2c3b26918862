import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import type { Queryable } from '../infra/database.js';
import type { FileContents } from './formats/contents.js';
import type { TaskEntry } from './formats/entry.schema.js';
import type { ExistingTask } from './existing.queries.js';
import { notNamed } from './gone.queries.js';
import type { WholePlan } from './import-plan.js';
import type { WaitingRequest } from '../http/request.js';
import { ImportsService } from './imports.service.js';
import type { FindingsQuery, ImportPlan, SyncQuery } from './imports.schema.js';
import { readFindings } from './formats/read-findings.js';
import { readManifest } from './formats/read-manifest.js';

const open = ['pending', 'queued', 'running', 'failed'] as const;

/** Keeps tasks in step with files that are sent again and again: the findings of scanners, and manifests. */
@Injectable()
export class ReconcileService {
  constructor(private readonly imports: ImportsService) {}

  /**
   * Makes a task for each finding. One that comes back after its task was completed is pending again; one whose task was cancelled stays
   * so, and one that was archived otherwise, since somebody has decided that. A priority that was changed here stays unless the severity changes.
   * @throws what `ImportsService.run` throws
   */
  findings(
    actor: Actor,
    projectName: string,
    { dry_run, complete_missing }: FindingsQuery,
    bytes: Buffer,
    request: WaitingRequest,
  ): Promise<ImportPlan> {
    let tools: string[] = [];
    const read = async (signal: AbortSignal) => {
      const findings = await readFindings(bytes, signal);
      ({ tools } = findings);
      return findings.contents;
    };
    const planGone = (db: Queryable, projectId: string, contents: FileContents) =>
      gone(db, projectId, contents, 'complete', tools, open);
    const restores = ({ status }: ExistingTask) => status === 'completed';
    const rules = { adjust: adjustFinding, restores, ...(complete_missing ? { planGone } : {}) };
    return this.imports.run(actor, projectName, dry_run, read, request, rules);
  }

  /**
   * Makes the tasks of a project those of a manifest, which are known by their `external_ref`.
   * @throws what `ImportsService.run` throws
   */
  sync(
    actor: Actor,
    projectName: string,
    { dry_run, prune }: SyncQuery,
    bytes: Buffer,
    request: WaitingRequest,
  ): Promise<ImportPlan> {
    let source = '';
    const read = async (signal: AbortSignal) => {
      const manifest = await readManifest(bytes, signal);
      ({ source } = manifest);
      return manifest.contents;
    };
    const planGone = (db: Queryable, projectId: string, contents: FileContents) =>
      gone(db, projectId, contents, 'archive', [source], [...open, 'completed', 'cancelled']);
    const rules = { restores: () => true, ...(prune ? { planGone } : {}) };
    return this.imports.run(actor, projectName, dry_run, read, request, rules);
  }
}

/** Settles what becomes of the tasks of these sources that the file does not name; what is queued, running or claimed stays. */
async function gone(
  db: Queryable,
  projectId: string,
  contents: FileContents,
  action: WholePlan['gone']['action'],
  sources: string[],
  statuses: readonly string[],
): Promise<WholePlan['gone']> {
  const named = contents.tasks.flatMap(({ entry }) => entry.external_ref ?? []);
  const tasks = await notNamed(db, projectId, sources, named, statuses);
  for (const { ref, is_active } of tasks)
    if (is_active)
      contents.addWarning(1, null, `${ref} is not named, but is queued, running or claimed: it stays`);
  return { action, tasks: tasks.filter(({ is_active }) => !is_active) };
}

function adjustFinding(entry: TaskEntry, existing: ExistingTask): TaskEntry {
  const severityOf = ({ finding }: Record<string, unknown>) =>
    (finding as { severity?: unknown } | undefined)?.severity;
  const isAsSevere = severityOf(existing.metadata) === severityOf(entry.metadata ?? {});
  const { priority, ...others } = entry;
  return {
    ...others,
    ...(isAsSevere || priority === undefined ? {} : { priority }),
    // what people have added stays
    metadata: { ...existing.metadata, ...entry.metadata },
    ...(existing.status === 'completed' ? { status: 'pending' as const } : {}),
  };
}
