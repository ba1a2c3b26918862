import { execFileSync } from 'node:child_process';
import { callFilter } from './call-filter.js';
import { encodeMark } from './processes/run-mark.js';
import type { LauncherIdentity } from './processes/identity.js';
import type { LaunchLimits } from './launch-types.js';
import { readLockLimits } from './processes/proc.js';
import { quoted, READ_VARIABLES, RENAME_VARIABLES, SET_VARIABLES } from './variables.js';

const SECONDS_TO_ACT = 5;

export type MarkKind = 'ulimit -w' | 'ulimit -x' | 'prlimit' | 'none';

/** What a started command finds open beyond its standard descriptors, before it is the command. */
export const descriptors = {
  /** The variables, or the options of `bwrap`. */
  input: 3,
  /** Where `bwrap` tells which process is the init of the namespace. */
  info: 4,
  /** The filter of system calls, for `bwrap`. */
  filter: 5,
  /** The text of a script, for `bwrap`. */
  script: 6,
} as const;

/** How commands are marked on this host; `nested` as `encodeMark` has it. */
export interface Marker {
  kind: MarkKind;
  nested: boolean;
}

/** Finds by trial what `/bin/sh` knows: dash and busybox set the limit with `-w`, bash with `-x`. */
export function probeMarker(self: LauncherIdentity): Marker {
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
      // Not known to this shell, or no such program: the next one.
    }
  }
  return { kind: 'none', nested };
}

/** What a shell sets before it runs a command. */
export interface Setting {
  limits?: LaunchLimits | undefined;
  /** Where it runs, when it is not isolated: entered by the shell, which is the command's user already. */
  directory?: string | undefined;
  /** Files of a user who is one of many on the host are closed to the others. */
  isPrivate?: boolean;
  /** The most processes of its user over all runs. */
  userProcesses?: number | undefined;
}

/** The host ends commands before it ends what keeps them: a value that is higher than any default. */
const FIRST_TO_GO = '{ echo 500 > /proc/self/oom_score_adj; } 2>/dev/null; ';

/**
 * The program and its arguments that run `command` with its mark and limits. What is set stands on the first
 * line of the command, so line numbers of syntax errors stay true and the shell still execs the last command.
 */
export function commandLine(
  marker: Marker,
  mark: string,
  command: string,
  setting: Setting = {},
): [string, ...string[]] {
  const script = `${READ_VARIABLES}${settings(marker, setting)}${SET_VARIABLES}${command}`;
  return markedShell(marker, mark, script);
}

/** A shell that bears a mark before it runs anything; what follows are its positional parameters. */
function markedShell(
  marker: Marker,
  mark: string,
  script: string,
  parameters: string[] = [],
): [string, ...string[]] {
  if (marker.kind === 'none') return ['/bin/sh', '-c', script, ...parameters];
  if (marker.kind === 'prlimit') return [...prlimit(marker, mark), '/bin/sh', '-c', script, ...parameters];
  return ['/bin/sh', '-c', `${markPrefix(marker, mark)}${script}`, ...parameters];
}

/**
 * The init of the namespace: it ends with the command, and everything else with it. After a SIGTERM, which the kernel gives to the whole
 * group, it waits for the others as well: the shell of a command dies at once, and what it has started may need its grace, until SIGUSR1
 * says that it is over. A shell that waits for a command in the foreground collects orphans like any init.
 */
const INIT =
  'MILLRACE_CODE=137; trap MILLRACE_ASKED=1 TERM; trap \'exit "$MILLRACE_CODE"\' USR1; /bin/sh -c "$1"; MILLRACE_CODE=$?; if [ "${MILLRACE_ASKED-}" ]; then ' +
  'while set -- /proc/[0-9]*; [ $# -gt 1 ]; do /bin/sleep 0.05 || break; done; fi; exit "$MILLRACE_CODE"';

/** The same for a run of its own namespaces, without the system calls for keyrings. */
export function isolatedCommandLine(
  marker: Marker,
  mark: string,
  command: string,
  setting: Setting = {},
): [string, ...string[]] {
  const { limits, userProcesses } = setting;
  // a user namespace has a count of its own, in which the init is the first
  const most = Math.min((limits?.processes ?? Infinity) + 1, userProcesses ?? Infinity);
  // it can only be set within the namespace, by a shell that has none of the command's variables yet
  const limit = limits?.processes === undefined ? '' : `ulimit ${processFlag(marker)} ${most} || exit 126; `;
  // set before, it would hold for bwrap as well, which writes the file of a script
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
  ];
  const outer = { ...setting, limits: { ...limits, fileSizeBytes: undefined } };
  const before = `${settings(marker, outer)}exec "$@"`;
  return markedShell(marker, mark, before, ['sh', ...isolated]);
}

const prlimit = (marker: Marker, mark: string): [string, ...string[]] => [
  '/usr/bin/prlimit',
  `--locks=${mark}:${marker.nested ? '' : mark}`,
];

const markPrefix = ({ kind, nested }: Marker, mark: string): string =>
  `ulimit ${nested ? '-S ' : ''}${kind.slice(-2)} ${mark}; `;

const processFlag = ({ kind }: Marker): string => (kind === 'ulimit -x' ? '-u' : '-p');

function settings(marker: Marker, { directory, isPrivate, userProcesses, limits }: Setting): string {
  return [
    FIRST_TO_GO,
    isPrivate ? 'umask 027; ' : '',
    // a lower limit of the host stays
    userProcesses === undefined ? '' : `ulimit ${processFlag(marker)} ${userProcesses} 2>/dev/null; `,
    directory === undefined ? '' : `cd -P -- ${quoted(directory)} || exit 126; export PWD; `,
    limitPrefix(limits),
  ].join('');
}

function limitPrefix(limits: LaunchLimits = {}): string {
  const settings: [flag: string, value: number | undefined, unit: number][] = [
    ['-v', limits.memoryBytes, 1024],
    ['-d', limits.dataBytes, 1024],
    // at the hard limit the kernel kills; only the soft one says what it was
    ['-t', limits.cpuSeconds && limits.cpuSeconds + SECONDS_TO_ACT, 1],
    ['-S -t', limits.cpuSeconds, 1],
    ['-f', limits.fileSizeBytes, 512],
    ['-n', limits.openFiles, 1],
  ];
  return settings
    .filter(([, value]) => value !== undefined)
    .map(([flag, value = 0, unit]) => `ulimit ${flag} ${Math.max(0, Math.floor(value / unit))} || exit 126; `)
    .join('');
}
