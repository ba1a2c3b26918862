import type { OutputFrame } from '../executions/output-frame.js';
import { outputMessage, type Message, type OutputData } from './message.js';

const maxBytes = 4 * 1024 * 1024;
const overheadBytes = 1024;

/**
 * The frames that were sent last, so that those who follow the same execution share one JSON text: making it is a third of
 * what a live frame costs a reader (0.3 ms for 54 KB). Bytes at an offset never change, so nothing here can be stale.
 */
export class SharedOutput {
  private readonly messages = new Map<string, { message: Message; bytes: number }>();
  private bytes = 0;

  get(executionId: string, frame: OutputFrame): Message {
    const key = `${executionId} ${frame.offset} ${frame.content.length}`;
    const known = this.messages.get(key);
    if (known) return known.message;
    const entry = {
      message: outputMessage(frameData(executionId, frame)),
      bytes: frame.content.length + overheadBytes,
    };
    this.messages.set(key, entry);
    this.bytes += entry.bytes;
    for (const [oldest, { bytes }] of this.messages) {
      if (this.bytes <= maxBytes) break;
      this.messages.delete(oldest);
      this.bytes -= bytes;
    }
    return entry.message;
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
