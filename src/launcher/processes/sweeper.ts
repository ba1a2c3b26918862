import type { ProcessStat } from './proc.js';
import type { ProcessTable } from './process-table.js';

/** Something whose processes are looked for. */
export interface Sweepable {
  /** A living process of it, other than our own child. Called at once, so that a signal finds it where it was seen. */
  onProcess(stat: ProcessStat): void;
  /** True once a process of it was seen alive after its end: others may be on the run from one process id to the next. */
  readonly hasLeftBehind: boolean;
  /** After a scan. `none`: there were none; `isComplete`: and none can have been missed. */
  onScanned(none: boolean, isComplete: boolean): void;
}

// A host with many short-lived processes rarely gives a scan in which nothing vanished; after so many in a row
// that found nothing, nothing is there.
const SCANS = 8;
/** The same where something is known to be there: a fork every few milliseconds is missed now and then on a host that is busy. */
const SCANS_FOR_FUGITIVES = 64;

/** Scans for all who wait at once, and spends no more than a third of the time on it. */
export class Sweeper<Owner extends Sweepable> {
  private waiting = new Set<Owner>();
  private scheduled = false;
  private notBefore = 0;

  constructor(private readonly table: ProcessTable<Owner>) {}

  request(owner: Owner): void {
    this.waiting.add(owner);
    if (this.scheduled) return;
    this.scheduled = true;
    const wait = this.notBefore - performance.now();
    if (wait < 1) setImmediate(() => this.sweep());
    else setTimeout(() => this.sweep(), wait);
  }

  private sweep(): void {
    const waiting = this.waiting;
    this.waiting = new Set();
    this.scheduled = false;
    const started = performance.now();

    const found = new Set<Owner>();
    let complete = false;
    const most = [...waiting].some(({ hasLeftBehind }) => hasLeftBehind) ? SCANS_FOR_FUGITIVES : SCANS;
    for (let scan = 0; !complete && scan < (found.size > 0 ? SCANS : most); scan++) {
      complete = this.table.scan((owner, stat) => {
        if (!waiting.has(owner)) return;
        found.add(owner);
        owner.onProcess(stat);
      });
    }
    const ended = performance.now();
    this.notBefore = ended + 2 * (ended - started);
    for (const owner of waiting) owner.onScanned(!found.has(owner), complete);
  }
}
