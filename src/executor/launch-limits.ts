import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { parseBytes } from '../common/bytes.js';
import type { LaunchLimits } from '../launcher/launch-types.js';
import type { ProcessLimits, RunLimits } from '../common/run-limits.js';

/**
 * What the limits of an execution leave open, from the defaults of this worker. What it cannot hold of them it leaves out, where it
 * would refuse to run what was asked for.
 */
export function withDefaults(limits: RunLimits, defaults: ProcessLimits, isolated: boolean): RunLimits {
  const { memory: _, processes, ...enforceable } = defaults;
  return { ...enforceable, ...(isolated && processes !== undefined && { processes }), ...limits };
}

/**
 * The defaults that this process can set: without CAP_SYS_RESOURCE nobody raises a hard limit of its own, and a run whose limits
 * cannot be set does not start.
 */
export function settable(defaults: ProcessLimits): ProcessLimits {
  const most = hardLimitOf('Max open files');
  const { open_files } = defaults;
  return open_files === undefined ? defaults : { ...defaults, open_files: Math.min(open_files, most) };
}

function hardLimitOf(name: string): number {
  try {
    const line = readFileSync('/proc/self/limits', 'utf8')
      .split('\n')
      .find((text) => text.startsWith(name));
    const value = Number(line?.slice(name.length).trim().split(/\s+/)[1]);
    return Number.isNaN(value) ? Infinity : value;
  } catch {
    // no /proc, no Linux
    return Infinity;
  }
}

/**
 * The limits of an execution as the launcher takes them. A default of memory bounds what a process may write to and not its
 * address space: with 8 GB of that no WebAssembly runs in Node, with 2 GB no Java, with 512 MB no Node (measured); all of them run
 * with 512 MB of private writable memory.
 * @param limits as `withDefaults` gave them
 */
export function launchLimits(
  { memory, cpu_seconds, file_size, ...rest }: RunLimits,
  defaults: ProcessLimits = {},
): LaunchLimits {
  return {
    memoryBytes: memory === undefined ? undefined : parseBytes(memory),
    dataBytes:
      memory !== undefined || defaults.memory === undefined ? undefined : parseBytes(defaults.memory),
    cpuSeconds: cpu_seconds,
    fileSizeBytes: file_size === undefined ? undefined : parseBytes(file_size),
    openFiles: rest.open_files,
    processes: rest.processes,
  };
}

/**
 * The limit that ended a run, for people, where its exit code tells: the kernel has a signal of its own for two of them. A
 * shell passes on the signal that ended its last command as 128 and its number.
 */
export function limitReached(exitCode: number, limits: RunLimits): string | undefined {
  const ended = (signal: number): boolean => exitCode === -signal || exitCode === 128 + signal;
  if (limits.cpu_seconds !== undefined && ended(constants.signals.SIGXCPU))
    return `A process used more than the ${limits.cpu_seconds} s of processor time that its limit allows`;
  if (limits.file_size !== undefined && ended(constants.signals.SIGXFSZ))
    return `A process tried to write a file larger than the ${limits.file_size} that its limit allows`;
  return undefined;
}
