import { constants } from 'node:os';
import { parseBytes } from '../common/bytes.js';
import { openFilesLimit } from '../common/open-files.js';
import type { LaunchLimits } from '../launcher/launch-types.js';
import type { ProcessLimits, RunLimits } from '../common/run-limits.js';

/**
 * Completes the limits of an execution with the defaults of this worker. Defaults that the worker cannot enforce are left out, whereas
 * requested limits that it cannot enforce make a run fail.
 */
export function withDefaults(limits: RunLimits, defaults: ProcessLimits, isolated: boolean): RunLimits {
  const { memory: _, processes, ...enforceable } = defaults;
  return { ...enforceable, ...(isolated && processes !== undefined && { processes }), ...limits };
}

/**
 * Reduces the defaults to what this process can set: without CAP_SYS_RESOURCE a process cannot raise its hard limits, and a run whose
 * limits cannot be set does not start.
 */
export function settable(defaults: ProcessLimits): ProcessLimits {
  const { open_files } = defaults;
  return open_files === undefined
    ? defaults
    : { ...defaults, open_files: Math.min(open_files, openFilesLimit()) };
}

/**
 * Converts the limits of an execution for the launcher. The default for memory limits the private writable memory of a process and not
 * its address space: with 8 GB of address space no WebAssembly runs in Node, with 2 GB no Java, with 512 MB no Node (measured); all of
 * them run with 512 MB of private writable memory.
 * @param limits the limits that `withDefaults` returned
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
 * Describes the limit that ended a run, if its exit code shows it: the kernel has a signal of its own for two of the limits. A shell
 * reports the signal that ended its last command as 128 plus its number.
 */
export function limitReached(exitCode: number, limits: RunLimits): string | undefined {
  const ended = (signal: number): boolean => exitCode === -signal || exitCode === 128 + signal;
  if (limits.cpu_seconds !== undefined && ended(constants.signals.SIGXCPU))
    return `A process used more than the ${limits.cpu_seconds} s of processor time that its limit allows`;
  if (limits.file_size !== undefined && ended(constants.signals.SIGXFSZ))
    return `A process tried to write a file larger than the ${limits.file_size} that its limit allows`;
  return undefined;
}
