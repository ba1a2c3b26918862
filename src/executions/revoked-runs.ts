import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EventMap } from '../common/event-map.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { rightsLost } from './execution-state.js';
import { refusedOf } from './run-rights.js';

const cancelledAtOnce = 8;

/**
 * Cancels what a user has queued without a right to run it, as soon as the right is taken away. When the word of that is lost, or
 * this process ends before it is done, the claim refuses what is left. What runs of a disabled user is stopped by its worker.
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
    this.events.on('user.restricted', (restriction) => void this.end(restriction));
  }

  private async end({ user_id, project_id }: EventMap['user.restricted']): Promise<void> {
    try {
      const refused = await refusedOf(this.database, user_id, project_id);
      for (let first = 0; first < refused.length; first += cancelledAtOnce) {
        const some = refused.slice(first, first + cancelledAtOnce);
        await Promise.all(some.map(({ id }) => this.lifecycle.cancelWithoutActor(id, rightsLost)));
      }
    } catch (error) {
      this.infrastructure.logger.warn({ err: error, user_id }, 'runs of a user could not be cancelled yet');
    }
  }
}
