import { crowdedOutConnections } from '../common/metrics.js';

export interface ConnectionLimits {
  inAll: number;
  perNetwork: number;
}

/** All trusted proxies together: they bring the connections of many clients. */
export const proxies = 'proxies';

interface Network {
  open: number;
  /** Longest idle first. */
  idle: Set<HeldConnection>;
}

/**
 * Counts the connections of each network. Where a network, or all of them, have more than they may, the one that has been idle for
 * longest is closed: it has sent no complete request, or waits for another one. A newcomer is idle, too, so it is refused when all
 * others are at work. Each step costs the same however many connections there are.
 */
export class ConnectionShares {
  private open = 0;
  private readonly networks = new Map<string, Network>();
  private readonly idle = new Set<HeldConnection>();

  constructor(private readonly limits: ConnectionLimits) {}

  /**
   * Takes a connection in. It may close this one, or another one.
   * @param cutOff closes it at once
   */
  enter(network: string, cutOff: () => void): HeldConnection {
    const held = new HeldConnection(this, network, cutOff);
    this.open += 1;
    this.idle.add(held);
    this.join(held);
    if (this.open > this.limits.inAll) longestIdle(this.idle)?.end();
    return held;
  }

  /** How many connections a network has. */
  count(network: string): number {
    return this.networks.get(network)?.open ?? 0;
  }

  /** To be called by `HeldConnection`, when its network is known to be another one. */
  join(held: HeldConnection): void {
    const network = this.networks.get(held.network) ?? { open: 0, idle: new Set() };
    this.networks.set(held.network, network);
    network.open += 1;
    if (held.isIdle) network.idle.add(held);
    if (network.open > this.mostOf(held.network)) longestIdle(network.idle)?.end();
  }

  /** To be called by `HeldConnection`. */
  leave(held: HeldConnection): void {
    const network = this.networks.get(held.network)!;
    network.open -= 1;
    network.idle.delete(held);
    if (network.open === 0) this.networks.delete(held.network);
  }

  /** To be called by `HeldConnection`, at its end. */
  forget(held: HeldConnection): void {
    this.open -= 1;
    this.idle.delete(held);
    this.leave(held);
  }

  /** To be called by `HeldConnection`, when it begins or ends to be idle. */
  note(held: HeldConnection): void {
    for (const idle of [this.idle, this.networks.get(held.network)!.idle])
      if (held.isIdle) idle.add(held);
      else idle.delete(held);
  }

  /** Proxies leave one share to those who come from elsewhere, such as who watches over us. */
  private mostOf(network: string): number {
    const { inAll, perNetwork } = this.limits;
    return network === proxies ? Math.max(perNetwork, inAll - perNetwork) : perNetwork;
  }
}

function longestIdle(idle: Set<HeldConnection>): HeldConnection | undefined {
  const [first] = idle;
  return first;
}

/** One connection, in the count of its network. */
export class HeldConnection {
  private working = 0;
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
    return this.working === 0;
  }

  /** A request has come, or it has become a socket for good. */
  begin(): void {
    this.working += 1;
    if (this.working === 1 && !this.isClosed) this.shares.note(this);
  }

  /** A request has been answered. */
  finish(): void {
    this.working -= 1;
    if (this.working === 0 && !this.isClosed) this.shares.note(this);
  }

  /** Counts for another network from now on. It may be closed there, or another one for it. */
  moveTo(network: string): void {
    if (this.isClosed || network === this.countedBy) return;
    this.shares.leave(this);
    this.countedBy = network;
    this.shares.join(this);
  }

  /** Closes it. */
  end(): void {
    crowdedOutConnections.inc();
    this.close();
    this.cutOff();
  }

  /** It is closed, and counts no more. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.shares.forget(this);
  }
}
