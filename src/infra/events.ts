import type { EventMap, EventName } from '../common/event-map.js';
import type { Logger } from '../common/logger.js';
import type { Bus } from './bus.js';
import type { Transaction } from './database.js';

type Handler<N extends EventName> = (payload: EventMap[N]) => unknown;

const channel = 'events';

/** Publishes the typed events of `common/event-map.ts` over the bus. Every process receives all events, its own included. */
export class Events {
  private readonly handlers = new Map<EventName, Set<Handler<EventName>>>();
  /** The events that were emitted since the last message. */
  private pending: { name: EventName; payload: unknown }[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.bus.subscribe(channel, (message) => {
      const events = JSON.parse(message.toString()) as { name: EventName; payload: never }[];
      for (const { name, payload } of events) {
        for (const handler of this.handlers.get(name) ?? []) this.call(handler, name, payload);
      }
    });
  }

  /** Emits an event. All events that are emitted in one tick, such as those of a commit, are sent in one message. */
  emit<N extends EventName>(name: N, payload: EventMap[N]): void {
    if (this.pending.push({ name, payload }) === 1) process.nextTick(() => this.publish());
  }

  private publish(): void {
    const message = Buffer.from(JSON.stringify(this.pending));
    this.pending = [];
    this.bus.publish(channel, message);
  }

  /** Calls a handler. Its error is logged, so that the other handlers still receive the event. */
  private call(handler: Handler<EventName>, name: EventName, payload: never): void {
    try {
      handler(payload);
    } catch (error) {
      this.logger.error({ err: error, event: name }, 'a listener of an event failed');
    }
  }

  /** Emits an event when the transaction is committed. */
  emitAfter<N extends EventName>(tx: Transaction, name: N, payload: EventMap[N]): void {
    tx.afterCommit(() => this.emit(name, payload));
  }

  /** Subscribes to an event. @returns a function that unsubscribes */
  on<N extends EventName>(name: N, handler: Handler<N>): () => void {
    const handlers = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, handlers);
    handlers.add(handler as Handler<EventName>);
    return () => handlers.delete(handler as Handler<EventName>);
  }
}
