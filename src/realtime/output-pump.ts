import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { OutputReader } from '../executions/output-reader.js';
import { toEndView, toOutputView } from '../executions/output-view.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { limits } from './limits.js';
import { outputMessage } from './message.js';
import type { Peer } from './peer.js';

/** While the database is away the reader waits and goes on where it was. */
const retryMs = 1_000;

/** Sends the output of executions as fast as their readers take it. */
@Injectable()
export class OutputPump {
  constructor(
    private readonly reader: OutputReader,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Sends an execution's output from an offset on until its end, or until the signal. While much is unsent it takes
   * nothing from the reader, which then goes on from the store.
   */
  async run(peer: Peer, executionId: string, offset: number, signal: AbortSignal): Promise<void> {
    let position = offset;
    while (!signal.aborted) {
      try {
        for await (const { frame, end } of this.reader.read(executionId, position, signal)) {
          // asked again after every wait: others of the same peer wake up at the same moment
          while (peer.buffered > limits.outputBufferBytes && !signal.aborted) await peer.drained();
          if (signal.aborted) return;
          peer.send(outputMessage(frame ? toOutputView(executionId, frame) : toEndView(executionId, end)));
          if (end) return;
          position = frame.offset + frame.content.length;
        }
      } catch (error) {
        this.infrastructure.logger.warn(
          { err: error, execution_id: executionId },
          'output could not be read',
        );
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
