import { Injectable } from '@nestjs/common';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import { isFinal } from '../executions/execution-state.js';
import { LiveOutput, type Place } from './live-output.js';
import { WindowBudget } from './live-window.js';
import { decodeMessage, outputChannel } from './output-frame.js';

/** What all executions together may have waiting for readers in this process. */
const budgetBytes = 32 * 1024 * 1024;

interface Followed {
  live: LiveOutput;
  /** Resolves when messages come, with the way to end that. */
  opened: Promise<() => void>;
}

/** The outputs that somebody in this process reads: each is heard once, whatever the number of its readers. */
@Injectable()
export class LiveOutputs {
  private readonly followed = new Map<string, Followed>();
  private readonly budget = new WindowBudget(budgetBytes);

  constructor(
    private readonly bus: Bus,
    private readonly events: Events,
  ) {
    events.on('execution.changed', ({ execution_id, status }) => {
      if (isFinal(status)) this.followed.get(execution_id)?.live.hint();
    });
    // messages may have been missed
    bus.onInterrupted(() => {
      for (const { live } of this.followed.values()) live.hint();
    });
  }

  /**
   * Follows an output for one reader; what is put out after this resolved is heard.
   * @param place where the reader is; what every reader has passed is let go
   */
  async follow(executionId: string, place: Place): Promise<LiveOutput> {
    const { live, opened } = this.followed.get(executionId) ?? this.open(executionId);
    live.places.add(place);
    await opened;
    return live;
  }

  leave(executionId: string, place: Place): void {
    const followed = this.followed.get(executionId);
    if (!followed?.live.places.delete(place) || followed.live.places.size > 0) return;
    this.followed.delete(executionId);
    followed.live.close();
    void followed.opened.then((stop) => stop());
  }

  private open(executionId: string): Followed {
    const live = new LiveOutput(this.budget, () =>
      this.events.emit('execution.output_missed', { execution_id: executionId }),
    );
    const opened = this.bus.subscribe(outputChannel(executionId), (bytes) => live.hear(decodeMessage(bytes)));
    const followed = { live, opened };
    this.followed.set(executionId, followed);
    return followed;
  }
}
