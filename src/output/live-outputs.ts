import { Injectable } from '@nestjs/common';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import { isFinal } from '../executions/transitions/execution-state.js';
import { LiveOutput, type ReadCursor } from './live-output.js';
import { WindowBudget } from './live-window.js';
import { decodeMessage, outputChannel } from './output-frame.js';

/** The most bytes of all executions together that are kept for readers in this process. */
const budgetBytes = 32 * 1024 * 1024;

interface Subscription {
  live: LiveOutput;
  /** Resolves when the bus delivers messages, with the function that unsubscribes. */
  opened: Promise<() => void>;
}

/** Subscribes to the outputs that have readers in this process, to each one once, regardless of the number of its readers. */
@Injectable()
export class LiveOutputs {
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly budget = new WindowBudget(budgetBytes);

  constructor(
    private readonly bus: Bus,
    private readonly events: Events,
  ) {
    events.on('execution.changed', ({ execution_id, status }) => {
      if (isFinal(status)) this.subscriptions.get(execution_id)?.live.requestStoreRead();
    });
    // messages may have been lost during the interruption
    bus.onInterrupted(() => {
      for (const { live } of this.subscriptions.values()) live.requestStoreRead();
    });
  }

  /**
   * Adds a reader of an output. Output that is published after this has resolved is received.
   * @param cursor the position of the reader; frames before the positions of all readers are dropped
   */
  async follow(executionId: string, cursor: ReadCursor): Promise<LiveOutput> {
    const { live, opened } = this.subscriptions.get(executionId) ?? this.open(executionId);
    live.cursors.add(cursor);
    await opened;
    return live;
  }

  /** Removes a reader; the last one ends the subscription. */
  leave(executionId: string, cursor: ReadCursor): void {
    const subscription = this.subscriptions.get(executionId);
    if (!subscription?.live.cursors.delete(cursor) || subscription.live.cursors.size > 0) return;
    this.subscriptions.delete(executionId);
    subscription.live.close();
    void subscription.opened.then((unsubscribe) => unsubscribe());
  }

  private open(executionId: string): Subscription {
    const live = new LiveOutput(this.budget, () =>
      this.events.emit('execution.output_missed', { execution_id: executionId }),
    );
    const opened = this.bus.subscribe(outputChannel(executionId), (bytes) =>
      live.receive(decodeMessage(bytes)),
    );
    const subscription = { live, opened };
    this.subscriptions.set(executionId, subscription);
    return subscription;
  }
}
