import { apiError } from '../http/errors.js';
import type { RawFrame } from '../output/frame.js';
import type { Channel, MessageMap, Topic } from './messages.js';

const idFields = ['projectId', 'taskId', 'commandId'] as const;

/** Something that was asked to be told of, for as long as it is wanted. */
export class Subscription {
  /** Settled by the server's first answer. */
  readonly accepted: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: Error) => void;
  /** Of what `commandId` or `taskId` named, once the server has said. */
  private commandId: string | undefined;

  constructor(
    readonly channel: Channel,
    readonly topic: Topic,
  ) {
    this.accepted = new Promise((resolve, reject) => ([this.resolve, this.reject] = [resolve, reject]));
    // whoever does not look hears of it as an `error` message
    this.accepted.catch(() => undefined);
    this.commandId = topic.commandId;
  }

  /** What to send: output goes on where it broke off. */
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

  /** Remembers how far its output has come. @returns false for that of another command */
  passed(frame: RawFrame): boolean {
    if (this.channel !== 'command_output' || frame.commandId !== this.commandId) return false;
    this.topic.fromOffset = frame.offset + frame.length;
    return true;
  }
}
