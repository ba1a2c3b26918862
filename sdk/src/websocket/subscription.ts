import { apiError } from '../http/errors.js';
import type { RawFrame } from '../output/frame.js';
import type { Channel, MessageMap, Topic } from './messages.js';

const idFields = ['projectId', 'taskId', 'commandId'] as const;

/** A subscription, kept over reconnections until it is dropped. */
export class Subscription {
  /** Settled by the server's answer to the first request. */
  readonly accepted: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: Error) => void;
  /** The command whose output was subscribed, by id or by task; known once the server has accepted. */
  private commandId: string | undefined;

  constructor(
    readonly channel: Channel,
    readonly topic: Topic,
  ) {
    this.accepted = new Promise((resolve, reject) => ([this.resolve, this.reject] = [resolve, reject]));
    // a caller that does not await it receives an `error` message instead
    this.accepted.catch(() => undefined);
    this.commandId = topic.commandId;
  }

  /** The `subscribe` message; output is resumed at the offset it has reached. */
  get request() {
    const commandId = this.commandId ?? this.topic.commandId;
    return { channel: this.channel, ...this.topic, ...(commandId === undefined ? {} : { commandId }) };
  }

  isSameAs(channel: Channel, topic: Topic): boolean {
    return this.channel === channel && idFields.every((field) => this.topic[field] === topic[field]);
  }

  accept({ commandId }: Topic): void {
    if (this.channel === 'command_output') this.commandId = commandId?.toLowerCase() ?? this.commandId;
    this.resolve();
  }

  refuse({ code, message, details }: MessageMap['error']): void {
    this.reject(apiError({ status: 0, code, message, details }));
  }

  abandon(error: Error): void {
    this.reject(error);
  }

  /** Records the offset that the output has reached. @returns false when the frame belongs to another command */
  advance(frame: RawFrame): boolean {
    if (this.channel !== 'command_output' || frame.commandId !== this.commandId) return false;
    this.topic.fromOffset = frame.offset + frame.length;
    return true;
  }
}
