import { Injectable } from '@nestjs/common';
import { ExecutionWaiter } from '../executions/execution-waiter.js';
import { Bus } from '../infra/bus.js';
import { Database } from '../infra/database.js';
import { decodeMessage, outputChannel } from './output-frame.js';
import { storedEnd } from './output-tail.js';

/** Waits for output of executions. */
@Injectable()
export class OutputWaiter {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly executions: ExecutionWaiter,
  ) {}

  /**
   * Waits until output is stored beyond an offset, the execution has ended, or the time is over. It may return early, for example after
   * an interruption of the bus, in which the report of new output may have been lost.
   * @param offset in bytes of the output
   * @param gone ends the wait, when nobody is there any more who would get the answer
   */
  async untilBeyond(id: string, offset: number, timeoutMs: number, gone: AbortSignal): Promise<void> {
    const reached = new AbortController();
    const unsubscribe = await this.bus.subscribe(outputChannel(id), (bytes) => {
      const message = decodeMessage(bytes);
      if ('storedTo' in message && message.storedTo > offset) reached.abort();
    });
    const stopListening = this.bus.onInterrupted(() => reached.abort());
    try {
      // what was stored before the subscription is not reported
      if ((await storedEnd(this.database, id)) > offset) return;
      await this.executions.untilEnded(id, timeoutMs, AbortSignal.any([gone, reached.signal]));
    } finally {
      stopListening();
      unsubscribe();
    }
  }
}
