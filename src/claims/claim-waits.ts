import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { AppError } from '../common/errors.js';
import { accountOf, type Actor } from '../common/permissions.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from '../projects/project-access.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import type { Wanted } from './claims.queries.js';
import type { ClaimView } from './claims.schema.js';
import { ClaimsService } from './claims.service.js';

/** How long after a change in a project its tasks are looked at, so that one look serves many changes. */
const settleMs = 20;
/** How often they are looked at without a change that was heard of: a message may be lost. */
const recheckMs = 5_000;
/** The most requests that wait in this process, of one user and of all, and the most different ones of a user. */
const most = { ofUser: 200, ofAll: 2_000, linesOfUser: 20 };

interface Waiter {
  actor: Actor;
  leaseSeconds: number;
  /** Aborted when the client no longer waits. */
  signal: AbortSignal;
  /** Whether it is being served: it waits for the result then, even beyond its time. */
  isServed: boolean;
  /** Whether its time is over. */
  isOver: boolean;
  finish: (result: ClaimView | undefined) => void;
  fail: (error: unknown) => void;
}

/** The requests of one user that want the same, which are served one after the other: when the first gets nothing, the others would not. */
interface Line {
  /** For whose limits it counts. */
  account: string;
  wanted: Wanted;
  waiters: Waiter[];
  isServing: boolean;
  /** Whether something has changed since the line was last looked at. */
  isStale: boolean;
  recheck: NodeJS.Timeout;
}

/** Lets requests wait for a task to claim. They hold no database connection meanwhile; a change in the project wakes them. */
@Injectable()
export class ClaimWaits implements OnModuleInit {
  /** By project, then by what is wanted and who wants it. */
  private readonly lines = new Map<string, Map<string, Line>>();
  private readonly perUser = new Map<string, number>();
  private waiting = 0;
  private isClosing = false;

  constructor(
    private readonly claims: ClaimsService,
    private readonly actors: Actors,
    private readonly projects: ProjectAccess,
    private readonly turns: RequestTurns,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onModuleInit(): void {
    this.infrastructure.whenDraining(() => this.close());
    this.events.on('activity.recorded', ({ project_id }) => {
      const lines = project_id === null ? undefined : this.lines.get(project_id);
      for (const line of lines?.values() ?? []) this.wake(line);
    });
  }

  /** Ends all waits: a process that is about to end should give out no tasks, and waits for its connections. */
  private close(): void {
    this.isClosing = true;
    for (const lines of this.lines.values())
      for (const { waiters } of lines.values()) for (const waiter of waiters.slice()) giveUp(waiter);
  }

  /**
   * Claims a task, or waits until there is one.
   * @param signal aborted when the client no longer waits
   * @returns undefined when there was none in that time
   * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED when too many wait; the errors of an actor who loses the right meanwhile
   */
  async claim(
    actor: Actor,
    wanted: Wanted,
    { leaseSeconds, waitSeconds }: { leaseSeconds: number; waitSeconds: number },
    signal: AbortSignal,
  ): Promise<ClaimView | undefined> {
    const claimed = await this.turns.take(actor, () => this.claims.claimNext(actor, wanted, leaseSeconds));
    if (claimed && signal.aborted) await this.claims.giveBack(actor, claimed);
    if (claimed || waitSeconds === 0 || signal.aborted || this.isClosing) return claimed;
    return this.wait(actor, wanted, leaseSeconds, waitSeconds * 1000, signal);
  }

  private wait(
    actor: Actor,
    wanted: Wanted,
    leaseSeconds: number,
    ms: number,
    signal: AbortSignal,
  ): Promise<ClaimView | undefined> {
    const own = this.perUser.get(accountOf(actor)) ?? 0;
    if (own >= most.ofUser)
      throw new AppError(
        'RATE_LIMIT_EXCEEDED',
        { at_once: most.ofUser },
        { message: 'Too many of your requests wait for a task', retryAfterSeconds: 5 },
      );
    if (this.waiting >= most.ofAll) throw new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 5 });
    const line = this.lineOf(actor, wanted);
    this.perUser.set(accountOf(actor), own + 1);
    this.waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        this.leave(actor, line, waiter);
      };
      const waiter: Waiter = {
        actor,
        leaseSeconds,
        signal,
        isServed: false,
        isOver: false,
        finish: (result) => {
          leave();
          resolve(result);
        },
        fail: (error) => {
          leave();
          reject(error as Error);
        },
      };
      const stop = () => giveUp(waiter);
      const timer = setTimeout(stop, ms);
      signal.addEventListener('abort', stop);
      line.waiters.push(waiter);
      // a task may have come between the first look and now
      this.wake(line);
    });
  }

  private lineOf(actor: Actor, wanted: Wanted): Line {
    const lines = this.lines.get(wanted.projectId) ?? new Map<string, Line>();
    this.lines.set(wanted.projectId, lines);
    const key = keyOf(actor, wanted);
    let line = lines.get(key);
    if (!line) {
      const own = [...this.lines.values()].flatMap((all) => [...all.values()]);
      if (own.filter(({ account }) => account === accountOf(actor)).length >= most.linesOfUser)
        throw new AppError(
          'RATE_LIMIT_EXCEEDED',
          { at_once: most.linesOfUser },
          { message: 'Your requests wait for too many different tasks', retryAfterSeconds: 5 },
        );
      const made: Line = {
        account: accountOf(actor),
        wanted,
        waiters: [],
        isServing: false,
        isStale: false,
        recheck: setInterval(() => this.wake(made), recheckMs),
      };
      line = made;
      lines.set(key, line);
    }
    return line;
  }

  private leave(actor: Actor, line: Line, waiter: Waiter): void {
    const place = line.waiters.indexOf(waiter);
    if (place < 0) return;
    line.waiters.splice(place, 1);
    this.waiting -= 1;
    const own = this.perUser.get(accountOf(actor))! - 1;
    if (own === 0) this.perUser.delete(accountOf(actor));
    else this.perUser.set(accountOf(actor), own);
    if (line.waiters.length > 0) return;
    clearInterval(line.recheck);
    const lines = this.lines.get(line.wanted.projectId);
    const key = keyOf(actor, line.wanted);
    if (lines?.get(key) === line) lines.delete(key);
    if (lines?.size === 0) this.lines.delete(line.wanted.projectId);
  }

  private wake(line: Line): void {
    line.isStale = true;
    if (line.isServing) return;
    line.isServing = true;
    setTimeout(() => void this.serve(line), settleMs);
  }

  /** Serves the waiters of a line until one gets nothing and nothing has changed since. */
  private async serve(line: Line): Promise<void> {
    while (line.waiters.length > 0 && line.isStale) {
      line.isStale = false;
      const waiter = line.waiters[0]!;
      waiter.isServed = true;
      try {
        const claimed = await this.look(waiter, line.wanted);
        waiter.isServed = false;
        if (claimed) line.isStale = true;
        if (claimed && waiter.signal.aborted) await this.claims.giveBack(waiter.actor, claimed);
        if (claimed || waiter.isOver) waiter.finish(claimed);
      } catch (error) {
        line.isStale = true;
        waiter.fail(error);
      }
    }
    line.isServing = false;
  }

  private look(waiter: Waiter, wanted: Wanted): Promise<ClaimView | undefined> {
    return this.turns.take(waiter.actor, async () => {
      // access may have ended while the request waited
      const actor = await this.actors.confirm(waiter.actor, 'write');
      await this.projects.require(actor, wanted.projectId, 'write');
      return this.claims.claimNext(actor, wanted, waiter.leaseSeconds);
    });
  }
}

/** Ends a wait, unless it is being served: then what is found for it is not lost. */
function giveUp(waiter: Waiter): void {
  waiter.isOver = true;
  if (!waiter.isServed) waiter.finish(undefined);
}

const keyOf = (actor: Actor, { types, labels }: Wanted): string => JSON.stringify([actor.id, types, labels]);
