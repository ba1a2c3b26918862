import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { batchesOf } from '../common/batches.js';
import { callAt } from '../common/call-at.js';
import { Coalesced } from '../common/coalesced.js';
import { toAppError } from '../http/error-filter.js';
import { AppError } from '../common/errors.js';
import { endOf, isOf, type Actor } from '../common/permissions.js';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import type { Execution } from '../executions/execution.entity.js';
import { ExecutionsService } from '../executions/executions.service.js';

interface Stream {
  actor: Actor;
  execution: Pick<Execution, 'id' | 'project_id'>;
  end: (why: AppError) => void;
}

/** How many streams are checked together, with four queries. */
const atOnce = 500;

/** Ends streams of output when their readers lose the permission to read them. */
@Injectable()
export class OutputWatch {
  private readonly streams = new Set<Stream>();
  private readonly fullCheck = new Coalesced(() => this.checkAll());

  constructor(
    private readonly actors: Actors,
    private readonly executions: ExecutionsService,
    events: Events,
    bus: Bus,
  ) {
    events.on('user.changed', ({ user_id }) => this.recheck(({ actor }) => isOf(actor, user_id)));
    events.on('project.changed', ({ project_id }) =>
      this.recheck(({ execution }) => execution.project_id === project_id),
    );
    // events may have been lost
    bus.onOutage(() => this.fullCheck.request());
  }

  /**
   * Watches a stream until the signal is aborted.
   * @param end called when its reader has lost the permission, or the token that opened it has expired
   */
  async follow(
    actor: Actor,
    execution: Stream['execution'],
    end: Stream['end'],
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    const stream = { actor, execution, end };
    this.streams.add(stream);
    const expiry = endOf(actor);
    const cancel = expiry ? callAt(expiry, () => end(new AppError('AUTH_TOKEN_EXPIRED'))) : undefined;
    const forget = () => {
      cancel?.();
      this.streams.delete(stream);
    };
    signal.addEventListener('abort', forget, { once: true });
    // the permission may have changed since the request was authenticated
    await this.check(stream);
  }

  private recheck(isAffected: (stream: Stream) => boolean): void {
    // deferred until the other listeners have removed the changed user or project from their caches
    void setImmediate().then(() => {
      for (const stream of this.streams) if (isAffected(stream)) void this.check(stream);
    });
  }

  private async checkAll(): Promise<void> {
    // deferred until the other listeners have cleared their caches
    await setImmediate();
    for (const streams of batchesOf(this.streams, atOnce)) {
      try {
        await this.actors.prefetch(streams.map(({ actor }) => actor));
        await Promise.all(streams.map((stream) => this.renew(stream)));
        const permitted = await this.executions.permitted(streams);
        for (const stream of streams)
          if (this.streams.has(stream) && !permitted.has(stream))
            stream.end(new AppError('RESOURCE_NOT_FOUND', { id: stream.execution.id }));
      } catch (error) {
        for (const stream of streams) stream.end(toAppError(error));
      }
    }
  }

  private async renew(stream: Stream): Promise<void> {
    try {
      stream.actor = await this.actors.renew(stream.actor);
    } catch (error) {
      stream.end(toAppError(error));
    }
  }

  private async check(stream: Stream): Promise<void> {
    try {
      stream.actor = await this.actors.renew(stream.actor);
      await this.executions.require(stream.actor, stream.execution.id, 'read');
    } catch (error) {
      // a stream is ended also when the permission cannot be checked, such as without the database
      stream.end(toAppError(error));
    }
  }
}
