import { environmentValue, isAncestor } from './processes/proc.js';
import { Undecided, type Marks } from './processes/process-table.js';
import { parseToken } from './processes/identity.js';
import { namesOtherLauncher } from './processes/root-launcher.js';
import type { ProcessStat } from './processes/proc.js';
import type { RunProcesses } from './run-processes.js';

const INIT = 1;

/** The unfinished runs of a launcher, indexed by everything that identifies one of their processes. */
export class RunRegistry {
  private readonly byNumber = new Map<number, RunProcesses>();
  private readonly byExecution = new Map<string, RunProcesses>();
  private readonly byMark = new Map<string, RunProcesses>();
  private readonly byPid = new Map<number, RunProcesses>();
  private readonly byUser = new Map<number, Set<RunProcesses>>();

  get size(): number {
    return this.byNumber.size;
  }

  get all(): Iterable<RunProcesses> {
    return this.byNumber.values();
  }

  get(number: number): RunProcesses | undefined {
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

  add(run: RunProcesses): void {
    this.byNumber.set(run.number, run);
    this.byExecution.set(run.executionId, run);
    this.byMark.set(run.mark, run);
    this.byPid.set(run.pid, run);
    if (run.user === undefined) return;
    const runs = this.byUser.get(run.user) ?? new Set();
    this.byUser.set(run.user, runs.add(run));
  }

  remove(run: RunProcesses): void {
    this.byNumber.delete(run.number);
    this.byExecution.delete(run.executionId);
    this.byMark.delete(run.mark);
    // The main process was reaped long ago, so a later run may have its pid by now.
    if (this.byPid.get(run.pid) === run) this.byPid.delete(run.pid);
    const runs = run.user === undefined ? undefined : this.byUser.get(run.user);
    runs?.delete(run);
    if (runs?.size === 0) this.byUser.delete(run.user!);
  }

  /**
   * Finds the run of a process by its RLIMIT_LOCKS mark, its environment, its session (which only the main process of a run creates) or
   * its user. A mark is ignored where the user of the process is not that of the run, and for isolated runs, which are identified by
   * their namespace.
   */
  identify(
    marks: Marks,
    stat: ProcessStat,
    token: string,
  ): RunProcesses | Undecided<RunProcesses> | undefined {
    const marked = this.findByMark(marks, token);
    if (marked && !marked.isolated && (marked.user === undefined || marked.user === marks.user))
      return marked;
    // A session leader with that pid is either our child, which is known by its pid, or an unrelated process that got the pid later.
    const ofSession = stat.session === stat.pid ? undefined : this.byPid.get(stat.session);
    return ofSession ?? this.findByUser(marks, stat, token);
  }

  private findByMark({ soft, hard, environment }: Marks, token: string): RunProcesses | undefined {
    const marked = this.byMark.get(hard) ?? this.byMark.get(soft);
    if (marked || environmentValue(environment(), 'MILLRACE_LAUNCHER') !== token) return marked;
    return this.byExecution.get(environmentValue(environment(), 'MILLRACE_EXECUTION_ID') ?? '');
  }

  /**
   * Attributes an orphan that has shed or forged its marks to the only run of its user, where each project has a user of its own. A
   * process with a living parent is not attributed here: it belongs to the run of its parent, or it is a command that another launcher
   * has just started and that has no mark yet. The parent of an orphan is init or a subreaper above us, such as `systemd --user` and
   * `tini -s`.
   */
  private findByUser(
    { user, soft, hard }: Marks,
    { parent }: ProcessStat,
    token: string,
  ): RunProcesses | Undecided<RunProcesses> | undefined {
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
