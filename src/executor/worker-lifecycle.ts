import { Inject, Injectable } from '@nestjs/common';
import { ExecutionLifecycle } from '../executions/execution-lifecycle.js';
import { ExecutionRecords } from '../executions/execution-records.js';
import { QueueLimit } from '../executions/queue-limit.js';
import { ExecutionQueue } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { WorkerConnections } from '../infra/reserved-connections.js';

/** The lifecycle of executions on the connections of the worker, for what must go on while requests use up theirs. */
@Injectable()
export class WorkerLifecycle extends ExecutionLifecycle {
  constructor(
    // said aloud, or what the class above it names is injected
    @Inject(WorkerConnections) connections: WorkerConnections,
    queue: ExecutionQueue,
    records: ExecutionRecords,
    limit: QueueLimit,
    infrastructure: Infrastructure,
  ) {
    super(connections, queue, records, limit, infrastructure);
  }
}
