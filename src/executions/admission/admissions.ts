import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionPool, Transaction } from '../../infra/database.js';
import type { ExecutionQueue } from '../../infra/execution-queue.js';
import type { Infrastructure } from '../../infra/infrastructure.js';
import {
  admit,
  endBackoffs,
  groupsInLine,
  nextInGroups,
  ownersWithRoom,
  settleDependents,
  unblock,
  type Admission,
  type AdmissionCause,
} from './admission.queries.js';

/** For how long owners are gathered that are looked at in turn. */
const gatherMs = 200;

/** What was asked for an owner and has not begun. */
interface Asked {
  freedBy: Set<string>;
  endedTasks: Set<string>;
  groups: Set<string>;
  looked: Promise<void>;
}

/**
 * Admits waiting executions in statements of their own, after the commits that made room or put something in line. A process has one
 * statement at a time for an owner: what is asked for meanwhile is answered by the next one, for all that asked. So only admissions wait
 * for admissions.
 */
export class Admissions {
  private readonly asked = new Map<string, Asked>();
  /** Where the search for groups with free places goes on. */
  private groupsTo = '';
  private readonly looking = new Map<string, Promise<void>>();
  /** The owners that are looked at in turn, and the groups of which the first of them lets somebody in. */
  private readonly inTurn = new Set<string>();
  private readonly groupsInTurn = new Set<string>();
  private isServing = false;

  constructor(
    private readonly database: ConnectionPool,
    private readonly queue: ExecutionQueue,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Looks for what may be admitted right behind the commit of a transaction, in the same packet.
   * @returns a function to call after the commit, which resolves when it was looked: later, when another admission of the owner was at work
   */
  behindCommit(tx: Transaction, cause: AdmissionCause): () => Promise<void> {
    const { config } = this.infrastructure;
    const isLooking = this.looking.has(cause.owner);
    const groups = cause.groups ?? [];
    const letIn =
      isLooking || groups.length === 0 ? undefined : tx.behindCommit(() => nextInGroups(tx, groups, config));
    const looked = isLooking ? undefined : tx.behindCommit(() => admit(tx, cause, config, false));
    const ended = cause.endedTasks ?? [];
    if (looked && ended.length > 0) void tx.behindCommit(() => settleDependents(tx, ended));
    return async () => {
      // a connection that broke after the commit is no reason to admit nothing
      const admission = await looked?.catch(() => undefined);
      if (admission) this.use(admission);
      const others = await letIn?.catch(() => undefined);
      if (others) this.requestElsewhere(others.filter((owner) => owner !== cause.owner));
      if (!admission || admission.busy || (letIn && !others)) await this.request(cause);
    };
  }

  /** Looks for what may be admitted. Resolves when it was looked. @throws when the database is away; the reconciler looks again then */
  request({ owner, freedBy = [], endedTasks = [], groups = [] }: AdmissionCause): Promise<void> {
    const asked = this.asked.get(owner) ?? this.ask(owner);
    for (const user of freedBy) asked.freedBy.add(user);
    for (const task of endedTasks) asked.endedTasks.add(task);
    for (const group of groups) asked.groups.add(group);
    return asked.looked;
  }

  /**
   * Looks for what may be admitted for many owners, in the background and one at a time: all of them at once would take every connection
   * of the pool. Those that come meanwhile are gathered for a while, since batches follow each other. When it fails, the reconciler looks.
   */
  requestInTurn(owners: Iterable<string>, groups: Iterable<string>): void {
    for (const owner of owners) this.inTurn.add(owner);
    for (const group of groups) this.groupsInTurn.add(group);
    if (!this.isServing) void this.serveInTurn();
  }

  private async serveInTurn(): Promise<void> {
    this.isServing = true;
    while (this.inTurn.size > 0) {
      const owners = [...this.inTurn];
      this.inTurn.clear();
      for (const owner of owners) {
        const groups = [...this.groupsInTurn];
        this.groupsInTurn.clear();
        await this.request({ owner, groups }).catch((error: unknown) => this.noteFailure(error));
      }
      await delay(gatherMs, undefined, { ref: false });
    }
    this.isServing = false;
  }

  /** Looks at every owner that has room, and at some of the concurrency groups in which something waits. */
  async requestAll(): Promise<void> {
    await endBackoffs(this.database);
    const { groups, last } = await groupsInLine(this.database, this.groupsTo);
    this.groupsTo = last;
    // one at a time, since the locks of all of them would be held until the end
    for (const group of groups) await nextInGroups(this.database, [group], this.infrastructure.config);
    const owners = await ownersWithRoom(this.database, this.infrastructure.config);
    for (const owner of owners) await this.request({ owner });
  }

  /** Looks again at an execution that is marked as blocked, after what it waits for has changed. */
  async requestBlocked(executionId: string): Promise<void> {
    const owner = await unblock(this.database, executionId);
    if (owner !== undefined) await this.request({ owner });
  }

  private ask(owner: string): Asked {
    const asked: Asked = {
      freedBy: new Set(),
      endedTasks: new Set(),
      groups: new Set(),
      looked: Promise.resolve(),
    };
    asked.looked = (this.looking.get(owner) ?? asked.looked).then(() => this.look(owner, asked));
    this.asked.set(owner, asked);
    return asked;
  }

  private async look(owner: string, { freedBy, endedTasks, groups }: Asked): Promise<void> {
    this.asked.delete(owner);
    const { config } = this.infrastructure;
    const cause = { owner, freedBy: [...freedBy], endedTasks: [...endedTasks] };
    const letIn = groups.size === 0 ? Promise.resolve([]) : nextInGroups(this.database, [...groups], config);
    const looked = letIn.then(() => admit(this.database, cause, config, true));
    const ended = looked.then(
      () => undefined,
      () => undefined,
    );
    this.looking.set(owner, ended);
    try {
      this.use(await looked);
      this.requestElsewhere((await letIn).filter((other) => other !== owner));
      if (endedTasks.size > 0) await settleDependents(this.database, [...endedTasks]);
    } finally {
      if (this.looking.get(owner) === ended) this.looking.delete(owner);
    }
  }

  /** When the message to the queue is lost, the reconciler finds the admitted execution in Postgres. */
  private use({ entries, elsewhere }: Admission): void {
    this.queue.offer(entries);
    this.requestElsewhere(elsewhere);
  }

  private requestElsewhere(owners: readonly string[]): void {
    // not awaited, since two owners could wait for each other
    for (const owner of owners) this.request({ owner }).catch((error: unknown) => this.noteFailure(error));
  }

  private noteFailure(error: unknown): void {
    this.infrastructure.logger.debug({ err: error }, 'an admission failed and is tried again');
  }
}
