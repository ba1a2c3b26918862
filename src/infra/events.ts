import type { EventMap, EventName } from '../common/event-map.js';
import type { Logger } from '../common/logger.js';
import type { Bus } from './bus.js';
import type { Transaction } from './database.js';

type Handler<N extends EventName> = (payload: EventMap[N]) => unknown;

const channel = 'events';

/** The typed events of `common/event-map.ts`, over the bus: every process hears every event, its own too. */
export class Events {
  private readonly handlers = new Map<EventName, Set<Handler<EventName>>>();

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.bus.subscribe(channel, (message) => {
      const { name, payload } = JSON.parse(message.toString()) as { name: EventName; payload: never };
      for (const handler of this.handlers.get(name) ?? []) this.tell(handler, name, payload);
    });
  }

  emit<N extends EventName>(name: N, payload: EventMap[N]): void {
    this.bus.publish(channel, Buffer.from(JSON.stringify({ name, payload })));
  }

  /** One listener that fails must not keep the word from the others. */
  private tell(handler: Handler<EventName>, name: EventName, payload: never): void {
    try {
      handler(payload);
    } catch (error) {
      this.logger.error({ err: error, event: name }, 'a listener of an event failed');
    }
  }

  /** Emits once the transaction is committed. */
  emitAfter<N extends EventName>(tx: Transaction, name: N, payload: EventMap[N]): void {
    tx.afterCommit(() => this.emit(name, payload));
  }

  /** @returns the way to stop listening */
  on<N extends EventName>(name: N, handler: Handler<N>): () => void {
    const handlers = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, handlers);
    handlers.add(handler as Handler<EventName>);
    return () => handlers.delete(handler as Handler<EventName>);
  }
}
