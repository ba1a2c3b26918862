import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from '../common/logger.js';
import { busLost } from '../common/metrics.js';

export type BusHandler = (message: Buffer) => void;

/**
 * Delivers messages to all processes that have subscribed, immediately and at most once. Nothing depends on the delivery of a message:
 * the state is in Postgres, and the bus only makes changes known sooner.
 */
export abstract class Bus {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly opening = new Map<string, Promise<void>>();

  constructor(protected readonly logger: Logger) {}

  /** Publishes without waiting; the message is lost when the bus is not connected. */
  abstract publish(channel: string, message: Buffer): void;

  /** Subscribes to a channel. @returns a function that unsubscribes */
  async subscribe(channel: string, handler: BusHandler): Promise<() => void> {
    const first = this.emitter.listenerCount(channel) === 0;
    this.emitter.on(channel, handler);
    if (first) this.opening.set(channel, this.open(channel));
    // a second listener awaits the same subscription as the first
    const opening = this.opening.get(channel);
    await opening;
    if (this.opening.get(channel) === opening) this.opening.delete(channel);
    return () => {
      this.emitter.off(channel, handler);
      if (this.emitter.listenerCount(channel) === 0) this.shut(channel);
    };
  }

  /** Calls back whenever messages may have been missed, so that readers can query the database again. */
  onInterrupted(handler: () => void): () => void {
    this.emitter.on('interrupted', handler);
    return () => this.emitter.off('interrupted', handler);
  }

  /** Calls back like `onInterrupted`, and also every 1.5 s during an outage, for checks that must not wait for the reconnect. */
  onOutage(handler: () => void): () => void {
    this.emitter.on('outage', handler);
    return () => this.emitter.off('outage', handler);
  }

  /** Whether messages are delivered at present. */
  abstract get connected(): boolean;

  abstract close(): Promise<void>;

  protected abstract open(channel: string): Promise<void>;
  protected abstract shut(channel: string): void;

  protected interrupted(): void {
    this.emitter.emit('interrupted');
    this.reportOutage();
  }

  protected reportOutage(): void {
    this.emitter.emit('outage');
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
  readonly connected = true;

  publish(channel: string, message: Buffer): void {
    this.deliver(channel, message);
  }

  async close(): Promise<void> {}

  protected override async open(): Promise<void> {}
  protected override shut(): void {}
}

/** The bus between processes: Redis publish and subscribe. */
export class RedisBus extends Bus {
  /** The number of bytes that Redis has not received yet. */
  private pendingBytes = 0;
  /** Whether both connections are open and all messages since the last `interrupted` have been received. */
  private isSynced = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    logger: Logger,
  ) {
    super(logger);
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      this.deliver(channel.toString().slice(prefix.length), message);
    });
    for (const client of [publisher, subscriber]) client.on('close', () => this.onClose());
    // ioredis has subscribed again by then, and Redis answers in order: messages after the answer to a ping are received
    subscriber.on('ready', () => void this.resync());
    publisher.on('ready', () => void this.resync());
    this.timer = setInterval(() => this.check(), checkMs).unref();
  }

  get connected(): boolean {
    return this.publisher.status === 'ready' && this.subscriber.status === 'ready';
  }

  publish(channel: string, message: Buffer): void {
    // without Redis the message is delivered to this process only
    if (!this.connected) this.deliver(channel, message);
    if (this.pendingBytes > maxPendingBytes) return busLost.inc();
    this.pendingBytes += message.length;
    this.publisher
      .publish(prefix + channel, message)
      .catch((error: unknown) => {
        busLost.inc();
        this.logger.debug({ err: error, channel }, 'a message for the bus was lost');
      })
      .finally(() => (this.pendingBytes -= message.length));
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.isSynced = false;
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  /** Detects a Redis that hangs: a connection with an unanswered ping ends after `socketTimeout`. */
  private check(): void {
    if (!this.isSynced) return this.reportOutage();
    for (const client of [this.publisher, this.subscriber]) client.ping().catch(() => undefined);
  }

  private onClose(): void {
    if (!this.isSynced) return;
    this.isSynced = false;
    this.interrupted();
  }

  private async resync(): Promise<void> {
    if (this.isSynced || !this.connected) return;
    try {
      await this.subscriber.ping();
    } catch {
      // the connection was lost again; the next `ready` event repeats this
      return;
    }
    if (this.isSynced || !this.connected) return;
    this.isSynced = true;
    this.interrupted();
  }

  protected override async open(channel: string): Promise<void> {
    const subscribed = this.subscriber.subscribe(prefix + channel).catch((error: unknown) => {
      this.logger.warn({ err: error, channel }, 'could not subscribe to the bus yet');
    });
    // without Redis the subscription is made at the reconnect, and the caller goes on, since stored data can be read
    await Promise.race([subscribed, delay(subscribeTimeoutMs, undefined, { ref: false })]);
  }

  protected override shut(channel: string): void {
    this.subscriber.unsubscribe(prefix + channel).catch(() => undefined);
  }
}

const prefix = 'millrace:';
/** Messages beyond this are dropped, so that a Redis which does not read cannot fill the memory of this process. */
const maxPendingBytes = 32 * 1024 * 1024;
const subscribeTimeoutMs = 1_000;
/** The interval of the pings. Together with `redisTimeoutMs`, a Redis that hangs is detected within 3 s. */
const checkMs = 1_500;
