import { constants } from 'node:os';
import { parseBytes } from '../common/bytes.js';
import type { RunLimits } from '../projects/run-limits.js';
import type { LaunchLimits } from '../launcher/launch-types.js';

/** The limits of an execution as the launcher takes them. */
export function launchLimits({ memory, cpu_seconds, file_size, ...rest }: RunLimits): LaunchLimits {
  return {
    memoryBytes: memory === undefined ? undefined : parseBytes(memory),
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
