import { execFileSync } from 'node:child_process';
import { callFilter } from './call-filter.js';
import { encodeMark } from './processes/run-mark.js';
import type { LauncherIdentity } from './processes/identity.js';
import type { LaunchLimits } from './launch-types.js';
import { readLockLimits } from './processes/proc.js';
import { quoted, READ_VARIABLES, RENAME_VARIABLES, SET_VARIABLES } from './variables.js';

/** The time in seconds between SIGXCPU and SIGKILL at the limit of processor time. */
const CPU_GRACE_SECONDS = 5;

export type MarkKind = 'ulimit -w' | 'ulimit -x' | 'prlimit' | 'none';

/** The descriptors beyond the standard ones that are open until the command itself is started. */
export const descriptors = {
  /** The variables of the command, or the options of `bwrap`. */
  input: 3,
  /** The pipe on which `bwrap` reports the init of the namespace. */
  info: 4,
  /** The system call filter, for `bwrap`. */
  filter: 5,
  /** The first of the files of a run, for `bwrap`. */
  files: 6,
} as const;

/** How commands are marked on this host; `nested` is the parameter of `encodeMark`. */
export interface MarkMethod {
  kind: MarkKind;
  nested: boolean;
}

/** Finds by trial how `/bin/sh` sets the limit: dash and busybox do it with `-w`, bash with `-x`. */
export function probeMarkMethod(self: LauncherIdentity): MarkMethod {
  const nested = readLockLimits('self')?.hard !== 'unlimited';
  const mark = encodeMark(self, 0, nested);
  for (const kind of ['ulimit -w', 'ulimit -x', 'prlimit'] as const) {
    const [file, ...args] = markedShell({ kind, nested }, mark, 'exec cat /proc/self/limits');
    try {
      const limits = execFileSync(file, args, {
        encoding: 'latin1',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 10_000,
      });
      if (limits.includes(mark)) return { kind, nested };
    } catch {
      // The shell does not know the flag, or the program is missing; the next kind is tried.
    }
  }
  return { kind: 'none', nested };
}

/** What a shell sets before it runs a command. */
export interface Setting {
  limits?: LaunchLimits | undefined;
  /** The working directory of a command that is not isolated. The shell enters it, with the rights of the command's user. */
  directory?: string | undefined;
  /** Whether new files get no permissions for other users: set where each project has a user of its own. */
  isPrivate?: boolean;
  /** The limit on processes of the command's user over all runs. */
  userProcesses?: number | undefined;
}

/** Makes the kernel kill commands before Millrace when memory runs out: 500 is higher than any default. */
const SET_OOM_SCORE = '{ echo 500 > /proc/self/oom_score_adj; } 2>/dev/null; ';

/**
 * Returns the program and arguments that run `command` with its mark and limits, and with positional parameters. The settings precede the command on its first line, so
 * that line numbers in syntax errors are right and the shell still execs the last command.
 */
export function commandLine(
  markMethod: MarkMethod,
  mark: string,
  command: string,
  setting: Setting = {},
  parameters: string[] = [],
): [string, ...string[]] {
  const script = `${READ_VARIABLES}${settings(markMethod, setting)}${SET_VARIABLES}${command}`;
  return markedShell(markMethod, mark, script, parameters);
}

/** Returns the command line of a shell that is marked before it runs the script, with positional parameters. */
function markedShell(
  markMethod: MarkMethod,
  mark: string,
  script: string,
  parameters: string[] = [],
): [string, ...string[]] {
  if (markMethod.kind === 'none') return ['/bin/sh', '-c', script, ...parameters];
  if (markMethod.kind === 'prlimit')
    return [...prlimit(markMethod, mark), '/bin/sh', '-c', script, ...parameters];
  return ['/bin/sh', '-c', `${markPrefix(markMethod, mark)}${script}`, ...parameters];
}

/**
 * The script of the init of a namespace. It ends with the command, and all other processes of the namespace with it. After a SIGTERM,
 * which is sent to the whole group, it waits for the other processes too, until SIGUSR1 ends the grace period: the shell of a command
 * dies at once, while its children may still clean up. A shell that waits for a command in the foreground reaps orphans like any init.
 */
const INIT =
  'MILLRACE_CODE=137; trap MILLRACE_ASKED=1 TERM; trap \'exit "$MILLRACE_CODE"\' USR1; /bin/sh -c "$@"; MILLRACE_CODE=$?; if [ "${MILLRACE_ASKED-}" ]; then ' +
  'while set -- /proc/[0-9]*; [ $# -gt 1 ]; do /bin/sleep 0.05 || break; done; fi; exit "$MILLRACE_CODE"';

/** Returns the program and arguments that run `command` in namespaces of its own, without the system calls that `callFilter` refuses. */
export function isolatedCommandLine(
  markMethod: MarkMethod,
  mark: string,
  command: string,
  setting: Setting = {},
  parameters: string[] = [],
): [string, ...string[]] {
  const { limits, userProcesses } = setting;
  // a user namespace counts its own processes, of which the init is one
  const maxProcesses = Math.min((limits?.processes ?? Infinity) + 1, userProcesses ?? Infinity);
  // the limit must be set within the namespace, by a shell that does not have the variables of the command yet
  const limit =
    limits?.processes === undefined ? '' : `ulimit ${processFlag(markMethod)} ${maxProcesses} || exit 126; `;
  // outside the namespace it would also limit bwrap, which writes the script file
  const fileLimit = limitPrefix({ fileSizeBytes: limits?.fileSizeBytes });
  const script = `${limit}${fileLimit}${RENAME_VARIABLES}${command}`;
  const { input, info, filter } = descriptors;
  const seccomp = callFilter(true) ? ['--seccomp', `${filter}`] : [];
  const isolated = [
    'bwrap',
    '--args',
    `${input}`,
    '--info-fd',
    `${info}`,
    ...seccomp,
    '--as-pid-1',
    '/bin/sh',
    '-c',
    INIT,
    'sh',
    script,
    ...parameters,
  ];
  const outer = { ...setting, limits: { ...limits, fileSizeBytes: undefined } };
  const before = `${settings(markMethod, outer)}exec "$@"`;
  return markedShell(markMethod, mark, before, ['sh', ...isolated]);
}

const prlimit = (markMethod: MarkMethod, mark: string): [string, ...string[]] => [
  '/usr/bin/prlimit',
  `--locks=${mark}:${markMethod.nested ? '' : mark}`,
];

const markPrefix = ({ kind, nested }: MarkMethod, mark: string): string =>
  `ulimit ${nested ? '-S ' : ''}${kind.slice(-2)} ${mark}; `;

const processFlag = ({ kind }: MarkMethod): string => (kind === 'ulimit -x' ? '-u' : '-p');

function settings(markMethod: MarkMethod, { directory, isPrivate, userProcesses, limits }: Setting): string {
  return [
    SET_OOM_SCORE,
    isPrivate ? 'umask 027; ' : '',
    // errors are ignored, since the host may have a lower limit
    userProcesses === undefined ? '' : `ulimit ${processFlag(markMethod)} ${userProcesses} 2>/dev/null; `,
    directory === undefined ? '' : `cd -P -- ${quoted(directory)} || exit 126; export PWD; `,
    limitPrefix(limits),
  ].join('');
}

function limitPrefix(limits: LaunchLimits = {}): string {
  const settings: [flag: string, value: number | undefined, unit: number][] = [
    ['-v', limits.memoryBytes, 1024],
    ['-d', limits.dataBytes, 1024],
    // the kernel sends SIGKILL at the hard limit; only the SIGXCPU of the soft limit tells the reason
    ['-t', limits.cpuSeconds && limits.cpuSeconds + CPU_GRACE_SECONDS, 1],
    ['-S -t', limits.cpuSeconds, 1],
    ['-f', limits.fileSizeBytes, 512],
    ['-n', limits.openFiles, 1],
  ];
  return settings
    .filter(([, value]) => value !== undefined)
    .map(([flag, value = 0, unit]) => `ulimit ${flag} ${Math.max(0, Math.floor(value / unit))} || exit 126; `)
    .join('');
}
