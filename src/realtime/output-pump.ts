import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { OutputFrame } from '../output/output-frame.js';
import { OutputReader } from '../output/output-reader.js';
import { toEndView, toOutputView } from '../output/output-view.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { outputMessage, type ServerMessage } from './server-message.js';
import type { Peer } from './peer.js';

/** The delay before reading resumes at the same offset, after the database was unavailable. */
const retryMs = 1_000;

/** Sends the output of executions as fast as their clients read it. */
@Injectable()
export class OutputPump {
  /** Messages of live frames: a frame is the same object for all its readers, and is encoded once for them. */
  private readonly messages = new WeakMap<OutputFrame, ServerMessage>();

  constructor(
    private readonly reader: OutputReader,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Sends an execution's output from an offset until its end, or until the signal is aborted. While the peer has much unread, reading
   * pauses, and resumes from the store.
   */
  async run(peer: Peer, executionId: string, offset: number, signal: AbortSignal): Promise<void> {
    let position = offset;
    while (!signal.aborted) {
      try {
        for await (const { frame, end } of this.reader.read(executionId, position, signal, peer.unread)) {
          if (signal.aborted) return;
          peer.send(frame ? this.messageOf(executionId, frame) : outputMessage(toEndView(executionId, end)));
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

  private messageOf(executionId: string, frame: OutputFrame): ServerMessage {
    const made = this.messages.get(frame);
    if (made) return made;
    const message = outputMessage(toOutputView(executionId, frame));
    this.messages.set(frame, message);
    return message;
  }
}
