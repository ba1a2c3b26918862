import { Injectable } from '@nestjs/common';

/** Counts and latencies of this process's live connections, which the transports update, and health and metrics read. */
@Injectable()
export class ConnectionStats {
  private readonly connections = new Map<object, number | undefined>();

  opened(connection: object): void {
    this.connections.set(connection, undefined);
  }

  closed(connection: object): void {
    this.connections.delete(connection);
  }

  /** Records the latency of a ping. */
  answered(connection: object, milliseconds: number): void {
    if (this.connections.has(connection)) this.connections.set(connection, milliseconds);
  }

  /** The number of open connections. */
  get active(): number {
    return this.connections.size;
  }

  /** The mean latency of each open connection's latest ping, in milliseconds; null when none has been answered yet. */
  get averageLatency(): number | null {
    const answers = [...this.connections.values()].filter((value) => value !== undefined);
    if (answers.length === 0) return null;
    const mean = answers.reduce((sum, value) => sum + value, 0) / answers.length;
    return Math.round(mean * 100) / 100;
  }
}
