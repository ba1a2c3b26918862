import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { accountOf, may, type Actor } from '../common/permissions.js';
import { hasScope, scopesOf } from '../common/scopes.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import type { WaitingRequest } from '../http/request.js';
import { Database, uniqueViolation, type Queryable, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { AccessibleProject } from '../projects/projects.queries.js';
import { TaskNumbers } from '../tasks/task-numbers.js';
import { parseTaskName, refOf } from '../tasks/task-ref.js';
import type { FileContents } from './formats/contents.js';
import { planImport, toPlan, type WholePlan } from './import-plan.js';
import { ImportWriter } from './import-writer.js';
import type { ImportPlan } from './imports.schema.js';
import type { ImportContext, PlannedTask } from './plan-tasks.js';

/** Reads a file. The signal ends it. */
export type ReadFile = (signal: AbortSignal) => Promise<FileContents>;

/** How an import differs from that of a plain file. */
export interface ImportRules extends Pick<ImportContext, 'adjust' | 'restores' | 'signal'> {
  /** Settles what becomes of the tasks that the file does not name. */
  planGone?: (db: Queryable, projectId: string, contents: FileContents) => Promise<WholePlan['gone']>;
}

/**
 * How long a file may be read and compared. The largest ordinary files take some seconds, so that those who wait for a place get one before
 * their wait ends.
 */
const readingMs = 60_000;
const queue = { perUser: 5, inAll: 50, timeoutMs: 2 * readingMs };
/** The first key of the advisory lock of imports; the second one is a hash of the project. */
const lockKey = 7_102_050;

/** Brings files into projects: a plan is made, then all of it is done or nothing. */
@Injectable()
export class ImportsService {
  /**
   * A file of 50 MiB may take some times as much memory when it is read, so that two are read at a time, and one of each account: the other
   * place is for others.
   */
  private readonly turns = new TurnsPerUser({ perUser: 1, inAll: 2 }, queue);

  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
    private readonly numbers: TaskNumbers,
    private readonly writer: ImportWriter,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Imports a file, or says what an import would do.
   * @param request `signal` is aborted when the client has gone: the import neither waits for its turn nor is planned any further; `admitAgain` throws when the client may
   * not make the request any more
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED; MALFORMED_REQUEST with the line; VALIDATION_ERROR with every fault of
   * the file; RESOURCE_LIMIT_EXCEEDED for one with too many entries; RESOURCE_IN_USE while another one is imported; PROJECT_LIMIT_EXCEEDED
   */
  async run(
    actor: Actor,
    projectName: string,
    isDryRun: boolean,
    read: ReadFile,
    { signal, admitAgain }: WaitingRequest,
    rules: ImportRules = {},
  ): Promise<ImportPlan> {
    // before the turn, so that nobody waits for a refusal
    await this.projects.require(actor, projectName, 'write');
    return this.turns.take(
      accountOf(actor),
      async () => {
        await admitAgain();
        const project = await this.projects.require(actor, projectName, 'write');
        const timeout = AbortSignal.timeout(readingMs);
        const end = AbortSignal.any([signal, timeout]);
        try {
          const contents = await read(end);
          return await this.heavy.write(actor, (confirmed) =>
            this.attempt(confirmed, project, contents, isDryRun, { ...rules, signal: end }),
          );
        } catch (error) {
          throw end.aborted && error === end.reason ? brokenOff(timeout.aborted) : error;
        }
      },
      signal,
    );
  }

  private attempt(
    actor: Actor,
    project: AccessibleProject,
    contents: FileContents,
    isDryRun: boolean,
    rules: ImportRules,
  ): Promise<ImportPlan> {
    const once = (keepsNumbers: boolean) =>
      this.database.transaction((tx) =>
        this.runIn(tx, actor, project, contents.again(), isDryRun, rules, keepsNumbers),
      );
    return once(true).catch((error: unknown) => {
      // somebody has created a task with one of the numbers meanwhile
      if (uniqueViolation(error) !== 'tasks_project_number_key') throw error;
      return once(false);
    });
  }

  private async runIn(
    tx: Transaction,
    actor: Actor,
    { id }: AccessibleProject,
    contents: FileContents,
    isDryRun: boolean,
    { planGone, ...rules }: ImportRules,
    keepsNumbers: boolean,
  ): Promise<ImportPlan> {
    const project = await this.projects.require(actor, id, 'write', tx);
    await lockImports(tx, id);
    const isOwner = project.access === 'owner';
    const longestTimeout = this.infrastructure.config.COMMAND_TIMEOUT_MAX_SECONDS;
    const context = { actor, projectId: id, key: project.key, isOwner, longestTimeout, ...rules };
    const plan = await planImport(tx, context, contents);
    if (planGone) plan.gone = await planGone(tx, id, contents);
    if (startsRuns(plan)) await this.requireExecute(tx, actor, id);
    const shown = toPlan(plan, contents, isDryRun, (number) => refOf({ ...project, number }));
    if (isDryRun) return shown;
    if (shown.faults.length > 0) throw faulty(shown);
    const numbers = await this.numbersFor(actor, project, plan.create, keepsNumbers);
    const [user] = await tx.query<{ username: string }>('SELECT username FROM users WHERE id = $1', [
      actor.id,
    ]);
    await this.writer.write(tx, { actor, username: user!.username, projectId: id }, project, plan, numbers);
    return shown;
  }

  /** Checks the right to make and change what starts runs. @throws AUTH_INSUFFICIENT_PERMISSIONS, PROJECT_ACCESS_DENIED */
  private async requireExecute(tx: Transaction, actor: Actor, projectId: string): Promise<void> {
    const required_scopes = scopesOf('schedules', 'execute');
    if (!may(actor, 'execute') || !hasScope(actor, required_scopes))
      throw new AppError(
        'AUTH_INSUFFICIENT_PERMISSIONS',
        { required_scopes },
        { message: 'The file makes or changes schedules or triggers, which takes the right to run commands' },
      );
    await this.projects.require(actor, projectId, 'execute', tx);
  }

  /**
   * Gives the new tasks their numbers: in a project without any task those of their refs, so that a backlog that moves keeps its names. They
   * are allocated in a transaction of their own, since others wait for the row of the next number.
   */
  private async numbersFor(
    actor: Actor,
    project: AccessibleProject,
    create: PlannedTask[],
    keepsNumbers: boolean,
  ): Promise<Map<PlannedTask, number>> {
    const numbers = new Map<PlannedTask, number>();
    if (create.length === 0) return numbers;
    if (keepsNumbers && (await this.isEmpty(project.id))) {
      const taken = new Set<number>();
      for (const task of create) {
        const name = parseTaskName(task.from.entry.ref ?? '');
        if (!name || !('key' in name) || name.number > largestKept || taken.has(name.number)) continue;
        taken.add(name.number);
        numbers.set(task, name.number);
      }
      if (taken.size > 0) await this.numbers.skipTo(project.id, [...taken].reduce(largest));
    }
    const others = create.filter((task) => !numbers.has(task));
    if (others.length === 0) return numbers;
    const first = await this.numbers.reserve(actor, project.id, others.length);
    if (first === undefined)
      throw new AppError('PROJECT_ACCESS_DENIED', { project_id: project.id, required: 'write' });
    others.forEach((task, index) => numbers.set(task, first + index));
    return numbers;
  }

  /** Whether a project has never had a task. */
  private async isEmpty(projectId: string): Promise<boolean> {
    const rows = await this.database.query('SELECT 1 FROM tasks WHERE project_id = $1 LIMIT 1', [projectId]);
    return rows.length === 0;
  }
}

const startsRuns = ({ schedules, triggers }: WholePlan) =>
  [schedules, triggers].some(({ create, update }) => create.length + update.length > 0);

/** Larger numbers of refs are not kept, so that those of later tasks stay readable. */
const largestKept = 10_000_000;
const largest = (one: number, other: number) => Math.max(one, other);

/**
 * Keeps others from importing into the project until the end of the transaction: two files could make the same task.
 * @throws RESOURCE_IN_USE
 */
async function lockImports(tx: Transaction, projectId: string): Promise<void> {
  const [lock] = await tx.query<{ is_taken: boolean }>(
    'SELECT pg_try_advisory_xact_lock($1::int, hashtext($2)) AS is_taken',
    [lockKey, projectId],
  );
  if (!lock!.is_taken)
    throw new AppError(
      'RESOURCE_IN_USE',
      { project_id: projectId },
      { message: 'Another file is being imported into the project: try again when it is done' },
    );
}

/** The error of an import that took too long, or whose client has gone. */
function brokenOff(isLate: boolean): AppError {
  if (!isLate) return new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });
  const seconds = readingMs / 1000;
  return new AppError(
    'RESOURCE_LIMIT_EXCEEDED',
    { limit: 'reading_seconds', value: seconds },
    { message: `It takes more than ${seconds} seconds to read the file: send it in parts` },
  );
}

function faulty(plan: ImportPlan): AppError {
  const [first] = plan.faults;
  return new AppError(
    'VALIDATION_ERROR',
    { field: first?.field, issue: first?.issue, line: first?.line, ...plan },
    { message: 'The file has faults: nothing was imported' },
  );
}
