import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { Actors } from '../auth/actors.js';
import { callAt } from '../common/call-at.js';
import { AppError } from '../common/errors.js';
import { accountOf, endOf, isOf, may, type Actor } from '../common/permissions.js';
import { visibleEntityTypes } from '../common/scopes.js';
import { toAppError } from '../http/error-filter.js';
import { Bus } from '../infra/bus.js';
import { connectionsPerUser, ConnectionCounts } from '../infra/connection-counts.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Audiences } from '../projects/audiences.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { ActivityRow } from './activity.queries.js';
import { toEntry } from './activity.service.js';
import { ActivityTail } from './activity-tail.js';
import type { FeedQuery } from './feed.schema.js';
import type { Missed } from './missed-entries.queries.js';

/** Proxies close idle connections, some of them after 30 s. */
const heartbeatMs = 15_000;
/** What a listener has not taken; one that is further behind reads from the store again. */
const mostWaiting = 1_000;

interface Stream {
  actor: Actor;
  projectId: string | undefined;
  types: ReadonlySet<string> | undefined;
  /** Why it ends; undefined while it does not, or when its reader need not know. */
  why: AppError | undefined;
  isOver: boolean;
  wake: () => void;
  /** Cuts the connection. */
  cut: () => void;
}

/** How long a client has to read why its stream ends, before the connection is cut. */
const closeTimeoutMs = 5_000;

/** Streams the activity live to its listeners, and what they have missed before it. */
@Injectable()
export class FeedService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly streams = new Set<Stream>();
  private readonly audiences: Audiences;

  constructor(
    database: Database,
    private readonly tail: ActivityTail,
    private readonly actors: Actors,
    private readonly projects: ProjectAccess,
    private readonly counts: ConnectionCounts,
    private readonly events: Events,
    private readonly bus: Bus,
  ) {
    this.audiences = new Audiences(database);
  }

  onModuleInit(): void {
    this.events.on('project.changed', ({ project_id }) => {
      this.audiences.forget(project_id);
      void this.recheck(({ projectId }) => projectId === project_id);
    });
    this.events.on('user.changed', ({ user_id }) => void this.recheck(({ actor }) => isOf(actor, user_id)));
    this.bus.onOutage(() => {
      this.audiences.forgetAll();
      void this.recheck(() => true);
    });
  }

  /** Ends all streams, since the server waits for its connections when it shuts down. */
  beforeApplicationShutdown(): void {
    for (const stream of this.streams) end(stream, undefined);
  }

  /**
   * Opens the feed of an actor.
   * @param after the number of the last event that the client has; undefined to begin with what happens from now on
   * @param signal aborted when the client has gone
   * @param cut cuts the connection of a client that does not read
   * @returns the server-sent events (WHATWG HTML, 9.2); the last one is an `error` when the actor loses the right to them
   * @throws PROJECT_NOT_FOUND, RATE_LIMIT_EXCEEDED when the user has as many streams and sockets as allowed
   */
  async open(
    actor: Actor,
    { project_id, types }: FeedQuery,
    after: number | undefined,
    signal: AbortSignal,
    cut: () => void,
  ): Promise<AsyncGenerator<string, void>> {
    const projectId =
      project_id === undefined ? undefined : (await this.projects.require(actor, project_id, 'read')).id;
    const release = await this.counts.acquire(accountOf(actor));
    if (!release)
      throw new AppError(
        'RATE_LIMIT_EXCEEDED',
        { connections: connectionsPerUser },
        { message: 'You have too many connections', retryAfterSeconds: 10 },
      );
    // the client may have gone meanwhile; then nobody begins to read the stream
    if (signal.aborted) release();
    else signal.addEventListener('abort', release, { once: true });
    const wanted = types && new Set(types);
    return this.stream({ actor, projectId, types: wanted, cut }, after, signal);
  }

  private async *stream(
    asked: Pick<Stream, 'actor' | 'projectId' | 'types' | 'cut'>,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<string, void> {
    const waiting: ActivityRow[] = [];
    let isBehind = false;
    const stream: Stream = { ...asked, why: undefined, isOver: signal.aborted, wake: () => undefined };
    const leaves: (() => void)[] = [];
    try {
      this.streams.add(stream);
      const gone = () => end(stream, undefined);
      signal.addEventListener('abort', gone);
      leaves.push(() => signal.removeEventListener('abort', gone));
      const expiry = endOf(asked.actor);
      if (expiry) leaves.push(callAt(expiry, () => end(stream, new AppError('AUTH_TOKEN_EXPIRED'))));
      // the right may have ended since the request was authenticated
      await this.check(stream);
      const { position, leave } = await this.tail.listen((all) => {
        const rows = wantedOf(stream, all);
        if (waiting.length + rows.length > mostWaiting) {
          isBehind = true;
          waiting.length = 0;
        } else if (!isBehind) waiting.push(...rows);
        stream.wake();
      });
      leaves.push(leave);
      yield ': open\n\n';
      let last = await this.beginning(after, position);
      isBehind = last < position;
      while (!stream.isOver) {
        if (isBehind) {
          // what is recorded meanwhile waits behind it
          isBehind = false;
          waiting.length = 0;
          const { rows, end: upTo, isMore } = await this.tail.missed(missedBy(stream, last), signal);
          yield* this.eventsOf(stream, rows);
          last = upTo;
          isBehind ||= isMore;
          await setImmediate();
          continue;
        }
        const rows = waiting.splice(0).filter(({ sequence }) => Number(sequence) > last);
        if (rows.length > 0) {
          last = Number(rows.at(-1)!.sequence);
          yield* this.eventsOf(stream, rows);
          continue;
        }
        const isIdle = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(true), heartbeatMs);
          stream.wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
          if (waiting.length > 0 || isBehind || stream.isOver) stream.wake();
        });
        if (isIdle) yield ': heartbeat\n\n';
      }
      const { why } = stream;
      if (why) yield `event: error\ndata: ${JSON.stringify({ code: why.code, message: why.message })}\n\n`;
    } finally {
      this.streams.delete(stream);
      for (const leave of leaves) leave();
    }
  }

  /** The number behind which a stream begins: a number that has not been given yet, as after a restored backup, says nothing. */
  private async beginning(after: number | undefined, position: number): Promise<number> {
    if (after === undefined) return position;
    return after <= position || after <= (await this.tail.lastGiven()) ? after : position;
  }

  /** Formats the entries that a stream asks for and that its actor may see. */
  private async *eventsOf(stream: Stream, rows: readonly ActivityRow[]): AsyncGenerator<string, void> {
    const wanted = wantedOf(stream, rows);
    await this.audiences.prefetch(wanted.flatMap(({ project_id }) => project_id ?? []));
    for (const row of wanted) {
      // the right can end while the client takes its time
      if (stream.isOver) return;
      if (!(await this.maySee(stream.actor, row.project_id))) continue;
      yield `id: ${row.sequence}\nevent: activity\ndata: ${JSON.stringify(toEntry(row))}\n\n`;
    }
  }

  private async maySee(actor: Actor, projectId: string | null): Promise<boolean> {
    // what belongs to no project is the audit log
    if (projectId === null) return may(actor, 'admin');
    await this.audiences.load(projectId);
    return this.audiences.mayReceive(actor, projectId);
  }

  private async recheck(isAffected: (stream: Stream) => boolean): Promise<void> {
    // deferred until the other listeners have removed the changed user or project from their caches
    await setImmediate();
    for (const stream of this.streams) if (isAffected(stream)) await this.check(stream);
  }

  /** Ends a stream whose actor has lost the right to it. */
  private async check(stream: Stream): Promise<void> {
    try {
      stream.actor = await this.actors.renew(stream.actor);
      if (stream.projectId !== undefined) await this.projects.require(stream.actor, stream.projectId, 'read');
    } catch (error) {
      end(stream, toAppError(error));
    }
  }
}

function end(stream: Stream, why: AppError | undefined): void {
  if (why && !stream.isOver) setTimeout(stream.cut, closeTimeoutMs).unref();
  stream.isOver = true;
  stream.why ??= why;
  stream.wake();
}

/** The types of things that a stream asks for and that its actor may see; undefined for all. */
function typesOf({ actor, types }: Stream): readonly string[] | undefined {
  const seen = visibleEntityTypes(actor);
  return types && seen ? seen.filter((type) => types.has(type)) : (seen ?? (types && [...types]));
}

/** Those of the entries that a stream asks for. */
function wantedOf(stream: Stream, rows: readonly ActivityRow[]): ActivityRow[] {
  const { projectId } = stream;
  const types = typesOf(stream);
  return rows.filter(
    ({ project_id, entity_type }) =>
      (projectId === undefined || project_id === projectId) && (types?.includes(entity_type) ?? true),
  );
}

/** What a stream has missed behind a number. */
function missedBy(stream: Stream, after: number): Omit<Missed, 'upTo'> & { account: string } {
  const { actor, projectId } = stream;
  const reader = { id: actor.id, isAdministrator: may(actor, 'admin') };
  return { reader, account: accountOf(actor), projectId, types: typesOf(stream), after };
}
