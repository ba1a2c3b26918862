import { CommandsResource } from '../generated/resources/commands.js';
import type { ExecuteCommand, StartedCommand } from '../generated/types.js';
import { CommandRun } from './command-run.js';
import { followOutput, type FollowOptions } from './follow.js';
import type { OutputEnd, OutputFrame } from './frame.js';

/** The options of a command; `command` itself is a separate argument. */
export interface RunOptions extends Omit<ExecuteCommand, 'command' | 'streamOutput'> {
  /** Aborting cancels the command. */
  signal?: AbortSignal | undefined;
  /** Only this stream. */
  stream?: 'stdout' | 'stderr' | undefined;
}

/** Single shell commands, outside any task. */
export class Commands extends CommandsResource {
  /**
   * Runs a shell command and streams its output.
   *
   *     const run = client.commands.run('npm test', { timeout: 600 });
   *     for await (const frame of run) process[frame.stream].write(frame.bytes);
   *     const { exitCode } = await run.result();
   *
   * @param command for `/bin/sh`
   */
  run(command: string, { signal, stream, ...options }: RunOptions = {}): CommandRun {
    return new CommandRun({
      signal,
      start: () =>
        this.execute({ ...options, command, streamOutput: true }, { signal }) as Promise<StartedCommand>,
      follow: (commandId) => this.follow(commandId, { signal, stream }),
      status: (commandId) => this.status(commandId, { tail: 1 }),
      cancel: (commandId, reason) => this.cancel(commandId, { reason: reason ?? null }),
    });
  }

  /**
   * Follows the output of a command until it ends, from its first byte or from a given offset. Lost connections are resumed.
   * @throws ApiError RESOURCE_NOT_FOUND, ArgumentError
   */
  follow(commandId: string, options?: FollowOptions): AsyncGenerator<OutputFrame, OutputEnd, undefined> {
    return followOutput(
      this.api,
      { path: '/commands/{commandId}/output', parameters: { commandId } },
      options,
    );
  }
}
