import { environmentValue, isAncestor } from './processes/proc.js';
import { Undecided, type Marks } from './processes/process-table.js';
import { parseToken } from './processes/identity.js';
import { namesOtherLauncher } from './processes/living-launcher.js';
import type { ProcessStat } from './processes/proc.js';
import type { Run } from './run.js';

const INIT = 1;

/** The runs of a launcher that are not finished, by everything a process of theirs can be known by. */
export class RunBook {
  private readonly byNumber = new Map<number, Run>();
  private readonly byExecution = new Map<string, Run>();
  private readonly byMark = new Map<string, Run>();
  private readonly byPid = new Map<number, Run>();
  private readonly byUser = new Map<number, Set<Run>>();

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

  hasUser(user: number): boolean {
    return this.byUser.has(user);
  }

  add(run: Run): void {
    this.byNumber.set(run.number, run);
    this.byExecution.set(run.executionId, run);
    this.byMark.set(run.mark, run);
    this.byPid.set(run.pid, run);
    if (run.user === undefined) return;
    const runs = this.byUser.get(run.user) ?? new Set();
    this.byUser.set(run.user, runs.add(run));
  }

  remove(run: Run): void {
    this.byNumber.delete(run.number);
    this.byExecution.delete(run.executionId);
    this.byMark.delete(run.mark);
    // The main process is long reaped: by now a later run may have got its pid.
    if (this.byPid.get(run.pid) === run) this.byPid.delete(run.pid);
    const runs = run.user === undefined ? undefined : this.byUser.get(run.user);
    runs?.delete(run);
    if (runs?.size === 0) this.byUser.delete(run.user!);
  }

  /**
   * The run that a process is of, by its limit, its environment, a session that only a run's main process made, or its user.
   * A mark counts for nothing with another user than that of its run, and with an isolated run: there the namespace tells.
   */
  identify(marks: Marks, stat: ProcessStat, token: string): Run | Undecided<Run> | undefined {
    const marked = this.marked(marks, token);
    if (marked && !marked.isolated && (marked.user === undefined || marked.user === marks.user))
      return marked;
    // A leader of that id is either our child, known by its pid, or a stranger that got the pid after it.
    const ofSession = stat.session === stat.pid ? undefined : this.byPid.get(stat.session);
    return ofSession ?? this.ofUser(marks, stat, token);
  }

  private marked({ soft, hard, environment }: Marks, token: string): Run | undefined {
    const marked = this.byMark.get(hard) ?? this.byMark.get(soft);
    if (marked || environmentValue(environment(), 'MILLRACE_LAUNCHER') !== token) return marked;
    return this.byExecution.get(environmentValue(environment(), 'MILLRACE_EXECUTION_ID') ?? '');
  }

  /**
   * What has shed its marks, or has made up others, is of the only run of its user, where each project has a user of its own. One whose
   * parent is of that user is left to what the parent is known as, and so is a child of a launcher: a command that another
   * launcher has just started has no mark yet. Orphans have init for a parent, or what takes its place for all below it, as `systemd --user` and `tini -s` do.
   */
  private ofUser(
    { user, soft, hard }: Marks,
    { parent }: ProcessStat,
    token: string,
  ): Run | Undecided<Run> | undefined {
    const runs = user === undefined ? undefined : this.byUser.get(user);
    if (!runs) return undefined;
    const self = parseToken(token)!;
    // another launcher may have runs of this user, too
    if ([hard, soft].some((limit) => namesOtherLauncher(limit, self, user!))) return undefined;
    const [run] = runs;
    const isOrphan = parent === INIT || isAncestor(parent, self.pid);
    return runs.size === 1 && !run!.isolated && isOrphan ? run : new Undecided(runs);
  }
}
