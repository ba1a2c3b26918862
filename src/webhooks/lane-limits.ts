/** The limits on the requests that one process has in flight. */
export interface LaneLimits {
  /** The limit over all receivers. */
  total: number;
  /** The limit for one receiver. */
  perReceiver: number;
  /** The number of deliveries to queue in memory for a receiver that responds quickly. */
  depth: number;
  /** The limit over all receivers that have not responded to this process yet. */
  unknownTotal: number;
  /** The limit over all receivers whose last response was late. Receivers that become slow during a request may exceed it. */
  slowTotal: number;
  /** The share of one owner in `unknownTotal` and in `slowTotal`. Requests beyond it do not count against the other owners. */
  perOwner: number;
  /** The most receivers of one owner that have not responded yet and have deliveries queued in memory. */
  unknownWaiting: number;
}

/**
 * The default limits. A request without a response counts as slow and no longer as unknown after 3 s, and times out after 10 s. So at most
 * 64 requests to unknown receivers, 150 to receivers that became slow, and 64 to slow ones hang at once, and a part of `total` always
 * remains for receivers that respond. The hanging receivers of one owner leave half of each share to others.
 */
export const laneLimits: LaneLimits = {
  total: 384,
  perReceiver: 4,
  depth: 64,
  unknownTotal: 64,
  slowTotal: 64,
  perOwner: 32,
  unknownWaiting: 64,
};
