import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { OutputEnd, OutputFrame } from '../executions/output-frame.js';
import { OutputReader } from '../executions/output-reader.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { limits } from './limits.js';
import { outputMessage, type OutputData } from './message.js';
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
          peer.send(outputMessage(frame ? frameData(executionId, frame) : endData(executionId, end)));
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

/** A frame as a client sees it. */
function frameData(executionId: string, frame: OutputFrame): OutputData {
  const { offset, stream, text, time, content } = frame;
  return {
    command_id: executionId,
    stream,
    content: content.toString(text ? 'utf8' : 'base64'),
    timestamp: new Date(time).toISOString(),
    offset,
    length: content.length,
    ...(text ? {} : { encoding: 'base64' as const }),
  };
}

function endData(executionId: string, { total, exitCode }: OutputEnd): OutputData {
  return {
    command_id: executionId,
    stream: 'stdout',
    content: '',
    timestamp: new Date().toISOString(),
    offset: total,
    length: 0,
    end: true,
    total,
    exit_code: exitCode,
  };
}
