import { Injectable } from '@nestjs/common';

/** Figures of the live connections of this process: the transports keep them, health and metrics read them. */
@Injectable()
export class ConnectionStats {
  private readonly connections = new Map<object, number | undefined>();

  opened(connection: object): void {
    this.connections.set(connection, undefined);
  }

  closed(connection: object): void {
    this.connections.delete(connection);
  }

  /** Notes how long the answer to a ping took. */
  answered(connection: object, milliseconds: number): void {
    if (this.connections.has(connection)) this.connections.set(connection, milliseconds);
  }

  /** Connections that are open now. */
  get active(): number {
    return this.connections.size;
  }

  /** Mean of the last ping of every open connection, in milliseconds; null when none has been answered yet. */
  get averageLatency(): number | null {
    const answers = [...this.connections.values()].filter((value) => value !== undefined);
    if (answers.length === 0) return null;
    const mean = answers.reduce((sum, value) => sum + value, 0) / answers.length;
    return Math.round(mean * 100) / 100;
  }
}
