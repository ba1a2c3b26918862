import { evictedConnections } from '../common/metrics.js';

export interface ConnectionLimits {
  inAll: number;
  perNetwork: number;
}

/** The network of all trusted proxies together, since they forward the connections of many clients. */
export const proxies = 'proxies';

interface Network {
  open: number;
  /** Idle connections, the one that has been idle for longest first. */
  idle: Set<HeldConnection>;
}

/**
 * Counts the connections of each network. When a network, or all networks together, exceed their limit, the connection that has been
 * idle for longest is closed: it has sent no complete request, or is kept alive for the next one. A new connection is idle, too, so it
 * is refused when all others are busy. Each operation costs the same however many connections there are.
 */
export class ConnectionShares {
  private open = 0;
  private readonly networks = new Map<string, Network>();
  private readonly idle = new Set<HeldConnection>();

  constructor(private readonly limits: ConnectionLimits) {}

  /**
   * Registers a connection, which may close this connection or another one.
   * @param cutOff closes the connection at once
   */
  enter(network: string, cutOff: () => void): HeldConnection {
    const held = new HeldConnection(this, network, cutOff);
    this.open += 1;
    this.idle.add(held);
    this.join(held);
    if (this.open > this.limits.inAll) longestIdle(this.idle)?.end();
    return held;
  }

  /** The number of open connections of a network. */
  count(network: string): number {
    return this.networks.get(network)?.open ?? 0;
  }

  /** Adds a connection to its network; called by `HeldConnection` after its network has changed. */
  join(held: HeldConnection): void {
    const network = this.networks.get(held.network) ?? { open: 0, idle: new Set() };
    this.networks.set(held.network, network);
    network.open += 1;
    if (held.isIdle) network.idle.add(held);
    if (network.open > this.limitOf(held.network)) longestIdle(network.idle)?.end();
  }

  /** Removes a connection from its network; called by `HeldConnection`. */
  leave(held: HeldConnection): void {
    const network = this.networks.get(held.network)!;
    network.open -= 1;
    network.idle.delete(held);
    if (network.open === 0) this.networks.delete(held.network);
  }

  /** Ends the count of a connection; called by `HeldConnection` when it closes. */
  forget(held: HeldConnection): void {
    this.open -= 1;
    this.idle.delete(held);
    this.leave(held);
  }

  /** Updates whether a connection is idle; called by `HeldConnection` when that changes. */
  updateIdle(held: HeldConnection): void {
    for (const idle of [this.idle, this.networks.get(held.network)!.idle])
      if (held.isIdle) idle.add(held);
      else idle.delete(held);
  }

  /** The limit of a network. Proxies leave one share to direct clients, such as monitoring. */
  private limitOf(network: string): number {
    const { inAll, perNetwork } = this.limits;
    return network === proxies ? Math.max(perNetwork, inAll - perNetwork) : perNetwork;
  }
}

function longestIdle(idle: Set<HeldConnection>): HeldConnection | undefined {
  const [first] = idle;
  return first;
}

/** One connection that is counted for its network. */
export class HeldConnection {
  private activeRequests = 0;
  private isClosed = false;

  constructor(
    private readonly shares: ConnectionShares,
    private countedBy: string,
    private readonly cutOff: () => void,
  ) {}

  get network(): string {
    return this.countedBy;
  }

  get isIdle(): boolean {
    return this.activeRequests === 0;
  }

  /** Notes that a request has arrived, or that the connection was upgraded and so stays busy. */
  begin(): void {
    this.activeRequests += 1;
    if (this.activeRequests === 1 && !this.isClosed) this.shares.updateIdle(this);
  }

  /** Notes that a request has been answered. */
  finish(): void {
    this.activeRequests -= 1;
    if (this.activeRequests === 0 && !this.isClosed) this.shares.updateIdle(this);
  }

  /** Moves the connection to another network, which may close it or another connection of that network. */
  moveTo(network: string): void {
    if (this.isClosed || network === this.countedBy) return;
    this.shares.leave(this);
    this.countedBy = network;
    this.shares.join(this);
  }

  /** Closes the connection because a limit is exceeded. */
  end(): void {
    evictedConnections.inc();
    this.close();
    this.cutOff();
  }

  /** Ends the count of the connection, which is closed. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.shares.forget(this);
  }
}
