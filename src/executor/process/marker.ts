import { execFileSync } from 'node:child_process';
import { encodeMark } from './run-mark.js';
import type { LauncherIdentity } from './identity.js';
import type { LaunchLimits } from './launch-types.js';
import { readLockLimits } from './proc.js';

const SECONDS_TO_ACT = 5;

export type MarkKind = 'ulimit -w' | 'ulimit -x' | 'prlimit' | 'none';

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
    const [file, ...args] = commandLine({ kind, nested }, mark, 'exec cat /proc/self/limits');
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

/**
 * The program and its arguments that run `command` with its mark and limits. What is set stands on the first
 * line of the command, so line numbers of syntax errors stay true and the shell still execs the last command.
 */
export function commandLine(
  marker: Marker,
  mark: string,
  command: string,
  limits: LaunchLimits = {},
): [string, ...string[]] {
  const script = `${limitPrefix(limits)}${command}`;
  switch (marker.kind) {
    case 'none':
      return ['/bin/sh', '-c', script];
    case 'prlimit':
      return ['/usr/bin/prlimit', `--locks=${mark}:${marker.nested ? '' : mark}`, '/bin/sh', '-c', script];
    case 'ulimit -w':
    case 'ulimit -x':
      return [
        '/bin/sh',
        '-c',
        `ulimit ${marker.nested ? '-S ' : ''}${marker.kind.slice(-2)} ${mark}; ${script}`,
      ];
  }
}

function limitPrefix(limits: LaunchLimits): string {
  const settings: [flag: string, value: number | undefined, unit: number][] = [
    ['-v', limits.memoryBytes, 1024],
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
