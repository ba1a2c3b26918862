import type { ProcessStat } from './proc.js';
import type { ProcessTable } from './process-table.js';
import { Slices } from './slices.js';

/** Something whose processes are looked for. */
export interface Sweepable {
  /** A living process of it, other than our own child. Called at once, so that a signal finds it where it was seen. */
  onProcess(stat: ProcessStat): void;
  /** True once a process of it was seen alive after its end: others may be on the run from one process id to the next. */
  readonly hasLeftBehind: boolean;
  /** After a scan. `none`: there were none; `isComplete`: and none can have been missed. */
  onScanned(none: boolean, isComplete: boolean): void;
}

// What forks faster than it can be followed, of any user, lets no scan be complete; after so many in a row that found nothing,
// nothing is there.
const SCANS = 8;
/** The same where something is known to be there: a fork every few milliseconds is missed now and then on a host that is busy. */
const SCANS_FOR_FUGITIVES = 64;

/** Scans for each who asks, side by side, and spends on none more than a third of a processor. */
export class Sweeper<Owner extends Sweepable> {
  /** For whom scans go on or wait. */
  private readonly sweeping = new Set<Owner>();
  /** Who has asked again meanwhile. */
  private readonly again = new Set<Owner>();
  private readonly notBefore = new WeakMap<Owner, number>();

  constructor(private readonly table: ProcessTable<Owner>) {}

  request(owner: Owner): void {
    if (this.sweeping.has(owner)) {
      this.again.add(owner);
      return;
    }
    this.sweeping.add(owner);
    const wait = (this.notBefore.get(owner) ?? 0) - performance.now();
    if (wait < 1) setImmediate(() => void this.sweep(owner));
    else setTimeout(() => void this.sweep(owner), wait);
  }

  private async sweep(owner: Owner): Promise<void> {
    const slices = new Slices();
    let last;
    do {
      this.again.delete(owner);
      last = await this.search(owner, slices);
    } while (this.again.has(owner));
    this.sweeping.delete(owner);
    this.notBefore.set(owner, performance.now() + 2 * slices.cpuMs);
    owner.onScanned(!last.isFound, last.isComplete);
  }

  private async search(owner: Owner, slices: Slices): Promise<{ isFound: boolean; isComplete: boolean }> {
    const most = owner.hasLeftBehind ? SCANS_FOR_FUGITIVES : SCANS;
    let [isFound, isComplete] = [false, false];
    for (let scan = 0; !isComplete && scan < (isFound ? SCANS : most); scan++) {
      const missed = await this.table.scan({
        isWanted: (other) => other === owner,
        visit: (_owner, stat) => {
          isFound = true;
          owner.onProcess(stat);
        },
        slices,
      });
      isComplete = !missed.has(owner);
    }
    return { isFound, isComplete };
  }
}
