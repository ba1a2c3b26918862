import { reportOmitted } from '../../executions/artifacts/artifacts.queries.js';
import type { ClaimedExecution } from '../../executions/transitions/transitions.queries.js';
import { isDatabaseError } from '../../infra/database-errors.js';
import type { ConnectionPool } from '../../infra/database.js';
import type { Logger } from '../../common/logger.js';
import type { LaunchRequest, RunningProcess } from '../../launcher/launch-types.js';
import { commandEnvironment } from '../command-environment.js';
import type { Launcher } from '../process/launcher.js';
import { RunFiles, type Wanted } from './run-files.js';

/** How long all files may take to be found, read and stored, in milliseconds. */
const timeoutMs = 60_000;
/** The collector needs little: what it does for a pattern that takes long ends with its processor time. */
const limits = { cpuSeconds: 30, dataBytes: 512 * 1024 * 1024, openFiles: 256 };

interface Context {
  launcher: Pick<Launcher, 'launch'>;
  database: ConnectionPool;
  logger: Logger;
  userName: string;
}

/**
 * Reads the files that a command has left in its workspace, and stores them with its execution: the summary, and what its task names as
 * artifacts. The reading process runs as the command's user, in namespaces like those of the command, but without its
 * variables; see `collectorScript`. Never throws: what could not be kept is told in the execution.
 * @param request how the command was run
 * @param onProcess called when the process runs, which may be ended at any time
 */
export async function collectFiles(
  context: Context,
  execution: ClaimedExecution,
  request: LaunchRequest,
  wanted: Wanted,
  onProcess: (process: RunningProcess) => void,
): Promise<void> {
  const files = new RunFiles(execution, context.database, wanted);
  let fault: string | undefined;
  try {
    await runCollector(context, await files.command(request.workspace), request, files, onProcess);
  } catch (error) {
    // what the database says is for the log
    fault = error instanceof Error && !isDatabaseError(error) ? error.message : 'they could not be stored';
    context.logger.warn({ err: error, execution_id: execution.id }, 'the files of a run could not be kept');
  }
  if (!wanted.hasArtifacts) return;
  const { files: omitted, error } = files.result(fault);
  if (omitted === 0 && error === null) return;
  await reportOmitted(context.database, execution, omitted, error).catch((cause: unknown) =>
    context.logger.warn(
      { err: cause, execution_id: execution.id },
      'it could not be told which files of a run were left out',
    ),
  );
}

async function runCollector(
  { launcher, userName }: Context,
  { command, variables }: Awaited<ReturnType<RunFiles['command']>>,
  { executionId, workspace, user, bubblewrap }: LaunchRequest,
  files: RunFiles,
  onProcess: (process: RunningProcess) => void,
): Promise<void> {
  const starting = new AbortController();
  let process: RunningProcess | undefined;
  const timer = setTimeout(() => {
    starting.abort(0);
    void process?.terminate(0).catch(() => undefined);
  }, timeoutMs);
  const environment = commandEnvironment(
    { name: userName, isOther: user !== undefined },
    workspace,
    variables,
  );
  try {
    process = await launcher.launch(
      { executionId, command, workspace, environment, user, limits, bubblewrap },
      starting.signal,
    );
    onProcess(process);
    process.stderr.resume();
    const { stdout } = process;
    try {
      await files.store(stdout.iterator({ destroyOnReturn: false }));
    } catch (error) {
      void process.terminate(0).catch(() => undefined);
      throw error;
    } finally {
      // the pipe is read to its end, for which the end of the run waits
      stdout.resume();
    }
    const { exitCode } = await process.finished;
    if (exitCode === 127) throw new Error('there is no perl on the host of the worker');
  } finally {
    clearTimeout(timer);
  }
}
