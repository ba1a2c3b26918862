import { environmentValue } from './proc.js';
import type { Marks } from './process-table.js';
import type { ProcessStat } from './proc.js';
import type { Run } from './run.js';

/** The runs of a launcher that are not finished, by everything a process of theirs can be known by. */
export class RunBook {
  private readonly byNumber = new Map<number, Run>();
  private readonly byExecution = new Map<string, Run>();
  private readonly byMark = new Map<string, Run>();
  private readonly byPid = new Map<number, Run>();

  get size(): number {
    return this.byNumber.size;
  }

  get all(): Iterable<Run> {
    return this.byNumber.values();
  }

  get(number: number): Run | undefined {
    return this.byNumber.get(number);
  }

  hasExecution(executionId: string): boolean {
    return this.byExecution.has(executionId);
  }

  hasMark(mark: string): boolean {
    return this.byMark.has(mark);
  }

  add(run: Run): void {
    this.byNumber.set(run.number, run);
    this.byExecution.set(run.executionId, run);
    this.byMark.set(run.mark, run);
    this.byPid.set(run.pid, run);
  }

  remove(run: Run): void {
    this.byNumber.delete(run.number);
    this.byExecution.delete(run.executionId);
    this.byMark.delete(run.mark);
    // The main process is long reaped: by now a later run may have got its pid.
    if (this.byPid.get(run.pid) === run) this.byPid.delete(run.pid);
  }

  /** The run that a process bears the marks of: limit, environment, or a session that only a run's main process made. */
  identify({ soft, hard, environment }: Marks, stat: ProcessStat, token: string): Run | undefined {
    const marked = this.byMark.get(hard) ?? this.byMark.get(soft);
    if (marked) return marked;
    if (environmentValue(environment, 'MILLRACE_LAUNCHER') === token) {
      const execution = environmentValue(environment, 'MILLRACE_EXECUTION_ID');
      if (execution !== undefined) return this.byExecution.get(execution);
    }
    // A leader of that id is either our child, known by its pid, or a stranger that got the pid after it.
    return stat.session === stat.pid ? undefined : this.byPid.get(stat.session);
  }
}
