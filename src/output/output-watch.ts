import { Injectable } from '@nestjs/common';
import { AuthService } from '../auth/auth.service.js';
import { callAt } from '../common/call-at.js';
import { toAppError } from '../http/error-filter.js';
import { AppError } from '../common/errors.js';
import { endOf, type Actor } from '../common/permissions.js';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import type { Execution } from '../executions/execution.entity.js';
import { ExecutionsService } from '../executions/executions.service.js';

interface Stream {
  actor: Actor;
  execution: Pick<Execution, 'id' | 'project_id'>;
  end: (why: AppError) => void;
}

/** Ends a stream of output whose reader may not read it any more, as soon as that is so. */
@Injectable()
export class OutputWatch {
  private readonly streams = new Set<Stream>();

  constructor(
    private readonly auth: AuthService,
    private readonly executions: ExecutionsService,
    events: Events,
    bus: Bus,
  ) {
    events.on('user.changed', ({ user_id }) => this.look(({ actor }) => actor.id === user_id));
    events.on('project.changed', ({ project_id }) =>
      this.look(({ execution }) => execution.project_id === project_id),
    );
    // changes may have gone unheard
    bus.onInterrupted(() => this.look(() => true));
  }

  /**
   * Watches a stream until the signal.
   * @param end called when its reader has lost the right to it, or the token that opened it has expired
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
    // what changed since the request was let in
    await this.check(stream);
  }

  private look(concerned: (stream: Stream) => boolean): void {
    // after the other listeners, who forget what they keep of the one that has changed
    setImmediate(() => {
      for (const stream of this.streams) if (concerned(stream)) void this.check(stream);
    });
  }

  private async check(stream: Stream): Promise<void> {
    try {
      stream.actor = await this.auth.renew(stream.actor);
      await this.executions.require(stream.actor, stream.execution.id, 'read');
    } catch (error) {
      // what cannot be looked up now is not permitted now
      stream.end(toAppError(error));
    }
  }
}
