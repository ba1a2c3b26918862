/** What one process may have under way. */
export interface LaneLimits {
  /** Over all receivers. */
  total: number;
  /** To one receiver. */
  perReceiver: number;
  /** How many more to keep at hand for a receiver that answers quickly. */
  depth: number;
  /** Over all receivers that have not answered yet since this process knows them. */
  unknownTotal: number;
  /** Over all receivers that lately did not answer in time; only beginnings count, so those found out may exceed it. */
  slowTotal: number;
  /** Of each of these two, to the receivers of one owner. What is found out beyond it does not count for the others. */
  perOwner: number;
  /** So many receivers of one owner that have not answered yet may have something waiting here. */
  unknownWaiting: number;
}

/**
 * What is found to hang leaves the share of the unknown after 3 s and ends after 10 s. So at most 64 unknown ones, 150 found out and
 * 64 slow ones hang at once, and of `total` there is always something left for receivers that answer. Those of one owner that hang
 * leave half of each share to others.
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
