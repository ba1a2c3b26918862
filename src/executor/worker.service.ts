import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { workerBusy, workerSlots } from '../common/metrics.js';
import { isOfDisabledUser } from '../executions/run-rights.js';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import { ExecutionQueue } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { VitalConnections, WorkerConnections } from '../infra/reserved-connections.js';
import { SecretsService } from '../projects/secrets.service.js';
import { commandUserName, warnOfExposure } from './command-user.js';
import { Isolation } from './isolation.js';
import { launcherSource } from './launcher-source.js';
import { settable } from './launch-limits.js';
import { Launcher } from './process/launcher.js';
import { Run, type RunContext } from './run.js';
import { WorkerLifecycle } from './worker-lifecycle.js';
import { workspaceRoot } from './workspace.js';

/** Once the grace of a shutdown is over, this much more is given between SIGTERM and SIGKILL. */
const lastGraceMs = 2_000;

/** Takes executions from the queue, runs them, and keeps their leases. */
@Injectable()
export class WorkerService {
  private readonly id = newId();
  private readonly runs = new Map<string, Run>();
  private readonly releases: (() => unknown)[] = [];
  private context: RunContext | undefined;
  /** Of `performance.now()`, which no change of the clock disturbs. */
  private lastHeartbeat = performance.now();
  private stopping = false;
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
  ) {}

  /** Ends what an earlier life left running on this host, then takes work. */
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
    this.releases.push(
      this.events.on('execution.cancel', ({ execution_id }) => this.runs.get(execution_id)?.stop('cancel')),
      // the heartbeat sees whose runs have to end
      this.events.on('user.restricted', () => void (this.beating ??= this.beatSafely())),
      this.events.on('execution.output_missed', ({ execution_id }) =>
        this.runs.get(execution_id)?.sayAgain(),
      ),
    );
    const timer = setInterval(
      () => void (this.beating ??= this.beatSafely()),
      (config.LEASE_SECONDS * 1000) / 4,
    );
    this.releases.push(() => clearInterval(timer));
    workerSlots.set(config.WORKER_CONCURRENCY);
    this.queue.process((id) => this.run(id), config.WORKER_CONCURRENCY);
  }

  /**
   * Takes no more work, gives the running commands the grace period to end by themselves, ends the rest, and waits until
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
    for (const release of this.releases) release();
    await this.beating;
    await this.context.launcher.close();
    await this.heartbeat.query('DELETE FROM workers WHERE id = $1', [this.id]).catch(() => undefined);
  }

  private async run(executionId: string): Promise<void> {
    const { logger } = this.infrastructure;
    // it stays admitted, so another worker is offered it, or this one again
    if (this.stopping || !this.context?.launcher.isReady) return;
    let run: Run | undefined;
    try {
      const execution = await this.lifecycle.start(executionId, this.id);
      if (!execution || !this.context) return;
      run = new Run(execution, this.context);
      this.runs.set(executionId, run);
      workerBusy.set(this.runs.size);
      if (this.graceIsOver) run.stop('shutdown', lastGraceMs);
      await run.toEnd();
    } catch (error) {
      // the reconciler offers it again
      logger.warn({ err: error, execution_id: executionId }, 'an execution could not be started');
    } finally {
      // a job that was offered twice must not take away the run of the first
      if (run) this.runs.delete(executionId);
      workerBusy.set(this.runs.size);
    }
  }

  private async beatSafely(): Promise<void> {
    const { config, logger } = this.infrastructure;
    const leaseMs = config.LEASE_SECONDS * 1000;
    const sinceLast = () => performance.now() - this.lastHeartbeat;
    const answered = new AbortController();
    // a connection into the void may hang for minutes
    const silence = delay(Math.max(leaseMs / 4, leaseMs - sinceLast()), undefined, {
      signal: answered.signal,
    }).then(
      () => Promise.reject(new Error('The database does not answer')),
      () => undefined,
    );
    try {
      await Promise.race([this.beat(), silence]);
    } catch (error) {
      logger.warn({ err: error }, 'the leases could not be renewed');
      // others may take our runs over from now on, so nothing of them may be left here
      if (sinceLast() >= leaseMs) for (const run of this.runs.values()) run.lose();
    } finally {
      answered.abort();
      this.beating = undefined;
    }
  }

  /** Renews the leases, and learns of cancellations, disabled users and lost executions that the bus did not tell of. */
  private async beat(): Promise<void> {
    const { config } = this.infrastructure;
    const begun = performance.now();
    const mine = new Map(this.runs);
    await this.heartbeat.query(
      `INSERT INTO workers (id, host, pid, slots, busy, separates, seen_at) VALUES ($1, $2, $3, $4, $5, $6, now())
       ON CONFLICT (id) DO UPDATE SET busy = excluded.busy, seen_at = excluded.seen_at`,
      [
        this.id,
        config.hostname,
        process.pid,
        config.WORKER_CONCURRENCY,
        mine.size,
        this.context?.users !== undefined || this.context?.isolation !== undefined,
      ],
    );
    if (mine.size > 0) {
      // who holds the row of one, such as a process that froze while it wrote, must not cost the others their leases
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
        // one that has ended in the meantime is not in the list of runs any more
        if (!row && this.runs.get(id) === run) run.lose();
        if (row?.is_cancelled) run.stop('cancel');
        else if (row?.is_revoked) run.stop('revoked');
      }
    }
    this.lastHeartbeat = Math.max(this.lastHeartbeat, begun);
    // alone, a process that was stopped goes on with its runs: nobody can have taken them over
    if (config.distributed)
      this.context?.launcher.stayAlive(config.LEASE_SECONDS * 1000 - (performance.now() - begun));
  }
}
