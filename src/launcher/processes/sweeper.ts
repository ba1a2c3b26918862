import type { ProcessStat } from './proc.js';
import type { ProcessTable } from './process-table.js';
import { Slices } from './slices.js';

/** An owner whose processes are scanned for. */
export interface Sweepable {
  /** Called for each of its living processes other than our own child, immediately, so that its pid is still valid for a signal. */
  onProcess(stat: ProcessStat): void;
  /** Whether one of its processes was seen alive after its end; others may evade scans by forking continuously. */
  readonly hasLeftBehind: boolean;
  /** Called after the scans. `none`: no process was found; `isComplete`: no process can have been missed. */
  onScanned(none: boolean, isComplete: boolean): void;
}

/** The number of incomplete scans: processes of any user that fork faster than they can be read make every scan incomplete. */
const SCANS = 8;
/** The number of incomplete scans for an owner with left-behind processes: a busy host may miss one that forks every few milliseconds. */
const SCANS_AFTER_LEFTOVERS = 64;

/** Scans for the processes of several owners concurrently, and uses a third of a processor at most for each. */
export class Sweeper<Owner extends Sweepable> {
  /** The owners whose scan is running or scheduled. */
  private readonly sweeping = new Set<Owner>();
  /** The owners that have requested another scan meanwhile. */
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
    const most = owner.hasLeftBehind ? SCANS_AFTER_LEFTOVERS : SCANS;
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
