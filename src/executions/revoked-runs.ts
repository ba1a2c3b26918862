import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EventMap } from '../common/event-map.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ExecutionLifecycle } from './transitions/execution-lifecycle.js';
import { rightsLost } from './transitions/execution-state.js';
import { refusedExecutions } from './run-rights.js';

const cancelledAtOnce = 8;

/**
 * Cancels the queued executions of a user who has lost the right to run them. The reconciler cancels those that this misses: the event is
 * lost, this process ends before it is done, or one was being stored meanwhile. The running executions of a disabled user are stopped by their workers.
 */
@Injectable()
export class RevokedRuns implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly infrastructure: Infrastructure,
  ) {}

  onModuleInit(): void {
    this.events.on('user.restricted', (restriction) => void this.cancelRefused(restriction));
  }

  private async cancelRefused({ user_id, project_id }: EventMap['user.restricted']): Promise<void> {
    try {
      const refused = await refusedExecutions(this.database, user_id, project_id);
      for (let first = 0; first < refused.length; first += cancelledAtOnce) {
        const batch = refused.slice(first, first + cancelledAtOnce);
        await Promise.all(batch.map(({ id }) => this.lifecycle.cancelWithoutActor(id, rightsLost)));
      }
    } catch (error) {
      this.infrastructure.logger.warn({ err: error, user_id }, 'runs of a user could not be cancelled yet');
    }
  }
}
