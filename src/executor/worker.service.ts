import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { workerBusy, workerSlots } from '../common/metrics.js';
import { version } from '../common/version.js';
import { labelsOfWorker } from '../common/worker-labels.js';
import { InputSecrets } from '../executions/inputs/input-secrets.js';
import { isOfDisabledUser } from '../executions/run-rights.js';
import type { ClaimedExecution } from '../executions/transitions/transitions.queries.js';
import { Bus } from '../infra/bus.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Events } from '../infra/events.js';
import { ExecutionQueue } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { VitalConnections, WorkerConnections } from '../infra/reserved-connections.js';
import { SecretsService } from '../projects/secrets.service.js';
import { commandUserName, warnOfExposure } from './command-user.js';
import { ErasedWorkspaces } from './erased-workspaces.js';
import { Isolation } from './isolation.js';
import { launcherSource } from './launcher-source.js';
import { settable } from './launch-limits.js';
import { Launcher } from './process/launcher.js';
import { Run, type RunContext } from './run.js';
import { WorkerLifecycle } from './worker-lifecycle.js';
import { workspaceRoot } from './workspace.js';

/** The time between SIGTERM and SIGKILL for commands that still run at the end of the grace period of a shutdown. */
const lastGraceMs = 2_000;
const claimRetryMs = 250;

/** Takes executions from the queue, runs them, and renews their leases. */
@Injectable()
export class WorkerService {
  private readonly id = newId();
  private readonly labels: string[];
  private readonly runs = new Map<string, Run>();
  /** The executions that are claimed or run here: one that is offered twice is taken once. */
  private readonly taken = new Set<string>();
  private readonly releases: (() => unknown)[] = [];
  private context: RunContext | undefined;
  /** In the time of `performance.now()`, which does not jump when the clock is set. */
  private lastHeartbeat = performance.now();
  private stopping = false;
  private draining = false;
  private graceIsOver = false;
  private beating: Promise<void> | undefined;

  constructor(
    private readonly infrastructure: Infrastructure,
    private readonly connections: WorkerConnections,
    private readonly heartbeat: VitalConnections,
    private readonly bus: Bus,
    private readonly events: Events,
    private readonly queue: ExecutionQueue,
    private readonly lifecycle: WorkerLifecycle,
    private readonly secrets: SecretsService,
    private readonly inputSecrets: InputSecrets,
  ) {
    const { WORKER_LABELS, hostname } = infrastructure.config;
    this.labels = labelsOfWorker(WORKER_LABELS, hostname);
  }

  /** Ends processes that an earlier worker has left running on this host, then takes executions from the queue. */
  async start(): Promise<void> {
    const { config, logger } = this.infrastructure;
    const workspaces = workspaceRoot(config);
    const launcher = await Launcher.start(launcherSource(config));
    const isolation = await Isolation.start(config, launcher, workspaces, logger);
    warnOfExposure(config, isolation, launcher.keyrings, logger);
    if (!launcher.isRelayed)
      logger.warn(
        'There is no perl(1): a command can make this process stand still by holding the lock of its output. docs/security.md says more.',
      );
    launcher.onLost(() => logger.error({ replaced: launcher.isReady }, 'the launcher process died'));
    this.infrastructure.canRun = () => launcher.isReady;
    const orphans = await launcher.endOrphans();
    if (orphans > 0)
      logger.warn({ processes: orphans }, 'ended processes that an earlier life had left running');
    this.context = {
      launcher,
      database: this.connections,
      bus: this.bus,
      lifecycle: this.lifecycle,
      secrets: this.secrets,
      inputSecrets: this.inputSecrets,
      defaultLimits: settable(config.DEFAULT_RUN_LIMITS),
      maxOutputBytes: config.OUTPUT_MAX_SIZE,
      logger,
      workspaceRoot: workspaces,
      users: config.commandUsers,
      userName: commandUserName(config),
      isolation,
      allowsUnisolatedSecrets: config.ALLOW_UNISOLATED_SECRETS,
      graceMs: config.CANCEL_GRACE_SECONDS * 1000,
    };
    await this.beat();
    const erased = new ErasedWorkspaces(this.connections, launcher, workspaces, logger, {
      events: this.events,
      everyMs: config.HOUSEKEEPING_SECONDS * 1000,
    });
    this.releases.push(
      () => erased.stop(),
      this.events.on('execution.cancel', ({ execution_id }) => this.runs.get(execution_id)?.stop('cancel')),
      // the heartbeat ends the runs of restricted users
      this.events.on('user.restricted', () => void (this.beating ??= this.beatSafely())),
      // the heartbeat reads whether the worker is drained
      this.events.on('worker.changed', ({ worker_id }) => {
        if (worker_id !== this.id) return;
        // one that is under way may have read it before the change
        void (this.beating ?? Promise.resolve()).then(() => (this.beating ??= this.beatSafely()));
      }),
      this.events.on('execution.output_missed', ({ execution_id }) =>
        this.runs.get(execution_id)?.republish(),
      ),
    );
    const timer = setInterval(
      () => void (this.beating ??= this.beatSafely()),
      (config.LEASE_SECONDS * 1000) / 4,
    );
    this.releases.push(() => clearInterval(timer));
    workerSlots.set(config.WORKER_CONCURRENCY);
    this.queue.process((id) => this.run(id), { slots: config.WORKER_CONCURRENCY, labels: this.labels });
  }

  /**
   * Stops taking executions, lets the running commands end by themselves within the grace period, ends the rest, and waits until
   * everything is stored.
   */
  async stop(): Promise<void> {
    if (!this.context) return;
    const { GRACE_SECONDS } = this.infrastructure.config;
    this.stopping = true;
    const grace = setTimeout(() => {
      this.graceIsOver = true;
      for (const run of this.runs.values()) run.stop('shutdown', lastGraceMs);
    }, GRACE_SECONDS * 1000);
    await this.queue.stopProcessing();
    clearTimeout(grace);
    for (const release of this.releases) await release();
    await this.beating;
    await this.context.launcher.close();
    await this.heartbeat.query('DELETE FROM workers WHERE id = $1', [this.id]).catch(() => undefined);
  }

  private async run(executionId: string): Promise<void> {
    const { logger } = this.infrastructure;
    // the execution stays admitted, so the reconciler offers it again to any worker
    if (this.stopping || !this.context?.launcher.isReady || this.taken.has(executionId)) return;
    this.taken.add(executionId);
    try {
      const execution = await this.claim(executionId);
      if (!execution || !this.context) return;
      const run = new Run(execution, this.context);
      this.runs.set(executionId, run);
      workerBusy.set(this.runs.size);
      if (this.graceIsOver) run.stop('shutdown', lastGraceMs);
      await run.execute();
    } catch (error) {
      // the reconciler offers the execution again
      logger.warn({ err: error, execution_id: executionId }, 'an execution could not be started');
    } finally {
      this.taken.delete(executionId);
      this.runs.delete(executionId);
      workerBusy.set(this.runs.size);
    }
  }

  /**
   * Claims an execution. When the connection breaks, the claim may have been committed all the same: nobody else would run it then, so
   * this worker looks until the database answers.
   */
  private async claim(executionId: string): Promise<ClaimedExecution | undefined> {
    let mayBeClaimed = false;
    for (;;) {
      try {
        const resumed = mayBeClaimed ? await this.lifecycle.resume(executionId, this.id) : undefined;
        return resumed ?? (await this.lifecycle.start(executionId, this.id, this.labels));
      } catch (error) {
        if (!isDatabaseAway(error) || this.graceIsOver) throw error;
        mayBeClaimed = true;
        await delay(claimRetryMs);
      }
    }
  }

  private async beatSafely(): Promise<void> {
    const { config, logger } = this.infrastructure;
    const leaseMs = config.LEASE_SECONDS * 1000;
    const sinceLast = () => performance.now() - this.lastHeartbeat;
    const answered = new AbortController();
    // a query on a broken connection may hang for minutes
    const timeout = delay(Math.max(leaseMs / 4, leaseMs - sinceLast()), undefined, {
      signal: answered.signal,
    }).then(
      () => Promise.reject(new Error('The database does not answer')),
      () => undefined,
    );
    try {
      await Promise.race([this.beat(), timeout]);
    } catch (error) {
      logger.warn({ err: error }, 'the leases could not be renewed');
      // the leases have expired and other workers may repeat the runs, so none of their processes may be left here
      if (sinceLast() >= leaseMs) for (const run of this.runs.values()) run.abandon();
    } finally {
      answered.abort();
      this.beating = undefined;
    }
  }

  /** Takes nothing new while an administrator has it drained. */
  private drain(draining: boolean): void {
    if (draining === this.draining) return;
    this.draining = draining;
    this.infrastructure.logger.info({ draining }, 'the worker was drained or resumed');
    if (draining) this.queue.pause();
    else this.queue.resume();
  }

  /** Renews the leases, and detects cancellations, disabled users and lost executions whose message on the bus was lost. */
  private async beat(): Promise<void> {
    const { config } = this.infrastructure;
    const begun = performance.now();
    const mine = new Map(this.runs);
    const stored = await this.heartbeat.query<{ draining: boolean }>(
      `INSERT INTO workers (id, host, pid, slots, busy, separates, labels, version, ready, draining, seen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())
       ON CONFLICT (id) DO UPDATE SET busy = excluded.busy, ready = excluded.ready, seen_at = excluded.seen_at RETURNING draining`,
      [
        this.id,
        config.hostname,
        process.pid,
        config.WORKER_CONCURRENCY,
        mine.size,
        this.context?.users !== undefined || this.context?.isolation !== undefined,
        this.labels,
        version,
        this.context?.launcher.isReady === true && !this.stopping,
        this.draining,
      ],
    );
    this.drain(stored[0]!.draining);
    if (mine.size > 0) {
      // a locked row, such as that of a process that froze during a write, must not cost the other executions their leases
      const rows = await this.heartbeat.query<{ id: string; is_cancelled: boolean; is_revoked: boolean }>(
        `WITH free AS MATERIALIZED (
           SELECT id FROM executions WHERE id = ANY($1) AND worker_id = $2 AND status = 'running'
              FOR NO KEY UPDATE SKIP LOCKED
         ), renewed AS (
           UPDATE executions e SET lease_expires_at = now() + make_interval(secs => $3) FROM free WHERE e.id = free.id
         )
         SELECT e.id, e.cancel_requested_at IS NOT NULL AS is_cancelled, ${isOfDisabledUser} AS is_revoked
           FROM executions e WHERE e.id = ANY($1) AND e.worker_id = $2 AND e.status = 'running'`,
        [[...mine.keys()], this.id, config.LEASE_SECONDS],
      );
      const held = new Map(rows.map((row) => [row.id, row]));
      for (const [id, run] of mine) {
        const row = held.get(id);
        // a run that has ended in the meantime is not among `runs` any more
        if (!row && this.runs.get(id) === run) run.abandon();
        if (row?.is_cancelled) run.stop('cancel');
        else if (row?.is_revoked) run.stop('revoked');
      }
    }
    this.lastHeartbeat = Math.max(this.lastHeartbeat, begun);
    // in single mode a process that was suspended goes on with its runs, since no other worker can have taken them over
    if (config.distributed)
      this.context?.launcher.sendHeartbeat(config.LEASE_SECONDS * 1000 - (performance.now() - begun));
  }
}
