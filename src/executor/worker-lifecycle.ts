import { Inject, Injectable } from '@nestjs/common';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { ExecutionPublisher } from '../executions/transitions/execution-publisher.js';
import { QueueLimit } from '../executions/admission/queue-limit.js';
import { ExecutionQueue } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { WorkerConnections } from '../infra/reserved-connections.js';

/** The lifecycle of executions on the database connections of the worker, which remain available when requests use up all others. */
@Injectable()
export class WorkerLifecycle extends ExecutionLifecycle {
  constructor(
    // named explicitly, since Nest would inject the parameter type of the base class
    @Inject(WorkerConnections) connections: WorkerConnections,
    queue: ExecutionQueue,
    publisher: ExecutionPublisher,
    limit: QueueLimit,
    infrastructure: Infrastructure,
  ) {
    super(connections, queue, publisher, limit, infrastructure);
  }
}
