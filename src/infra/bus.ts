import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import type { Logger } from '../common/logger.js';

export type BusHandler = (message: Buffer) => void;

/**
 * Carries messages to every process that subscribed, at once and at most once. Nothing depends on a message arriving:
 * Postgres holds the truth, the bus only makes it known sooner.
 */
export abstract class Bus {
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  constructor(protected readonly logger: Logger) {}

  /** Sends without waiting; a bus that is away loses the message. */
  abstract publish(channel: string, message: Buffer): void;

  /** @returns the way to unsubscribe */
  async subscribe(channel: string, handler: BusHandler): Promise<() => void> {
    const first = this.emitter.listenerCount(channel) === 0;
    this.emitter.on(channel, handler);
    if (first) await this.open(channel);
    return () => {
      this.emitter.off(channel, handler);
      if (this.emitter.listenerCount(channel) === 0) this.shut(channel);
    };
  }

  /** Told whenever messages may have been missed, so that readers look at the store again. */
  onInterrupted(handler: () => void): () => void {
    this.emitter.on('interrupted', handler);
    return () => this.emitter.off('interrupted', handler);
  }

  abstract close(): Promise<void>;

  protected abstract open(channel: string): Promise<void>;
  protected abstract shut(channel: string): void;

  protected interrupted(): void {
    this.emitter.emit('interrupted');
  }

  protected deliver(channel: string, message: Buffer): void {
    for (const listener of this.emitter.listeners(channel)) {
      try {
        (listener as BusHandler)(message);
      } catch (error) {
        this.logger.error({ err: error, channel }, 'a listener of the bus failed');
      }
    }
  }
}

/** The bus of a single process. */
export class MemoryBus extends Bus {
  publish(channel: string, message: Buffer): void {
    this.deliver(channel, message);
  }

  async close(): Promise<void> {}

  protected override async open(): Promise<void> {}
  protected override shut(): void {}
}

/** The bus between processes: Redis publish and subscribe. */
export class RedisBus extends Bus {
  constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    logger: Logger,
  ) {
    super(logger);
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      this.deliver(channel.toString().slice(prefix.length), message);
    });
    // ioredis subscribes again by itself; what was said in between is lost
    subscriber.on('ready', () => this.interrupted());
  }

  publish(channel: string, message: Buffer): void {
    this.publisher.publish(prefix + channel, message).catch((error: unknown) => {
      this.logger.debug({ err: error, channel }, 'a message for the bus was lost');
    });
  }

  async close(): Promise<void> {
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  protected override async open(channel: string): Promise<void> {
    // while Redis is away the subscription is made on reconnect
    await this.subscriber.subscribe(prefix + channel).catch((error: unknown) => {
      this.logger.warn({ err: error, channel }, 'could not subscribe to the bus yet');
    });
  }

  protected override shut(channel: string): void {
    this.subscriber.unsubscribe(prefix + channel).catch(() => undefined);
  }
}

const prefix = 'millrace:';
