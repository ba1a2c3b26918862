import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ApiFault, pathOf, type ApiCalls, type Data } from '../api-calls.js';
import { defineTool } from './define-tool.js';

/** Clients give up after a minute. */
const mostWaitSeconds = 50;
/** The bytes of output in an answer. */
const shownBytes = { tail: 6_000, piece: 8_000, most: 32_000 };

/** Adds the tools that run commands and read their output. */
export function addRunTools(server: McpServer, api: ApiCalls): void {
  defineTool(server, api, 'run', {
    title: 'Run a command',
    description:
      'Runs a shell command, or the command of a task, and waits for its end. Answers with the exit code and the end of the output. When it is still running after wait_seconds, go on with read_output.',
    input: {
      command: z.string().optional().describe('A shell command; or name a task instead'),
      task: z.string().optional().describe('The ref of a task, whose command is run'),
      project: z.string().optional().describe('Whose workspace and secrets the command gets'),
      working_directory: z.string().optional().describe('Within the workspace'),
      environment: z.record(z.string(), z.string()).optional(),
      timeout: z.int().optional().describe('After how many seconds the run is ended'),
      wait_seconds: z.int().min(0).max(mostWaitSeconds).default(mostWaitSeconds),
    },
    run: async (
      { command, task, project, working_directory, environment, timeout, wait_seconds },
      { signal },
    ) => {
      if ((command === undefined) === (task === undefined))
        throw new ApiFault(422, 'VALIDATION_ERROR', 'Send a command or a task', { field: 'command' });
      const id: string =
        task === undefined
          ? (
              await api.post('/api/commands/execute', {
                command,
                project_id: project,
                working_directory,
                environment,
                timeout,
              })
            ).command_id
          : (await api.post(pathOf`/api/tasks/${task}/execute`, { options: { timeout } })).execution_id;
      const run = await awaited(api, id, { wait_seconds }, signal);
      return { ...briefly(run), ...(await tailOf(api, run)) };
    },
  });

  defineTool(server, api, 'read_output', {
    title: 'Read the output of a run',
    description:
      'Reads output from a byte offset, and says how the run goes. Begin again at next_offset; wait_seconds waits for more while it runs.',
    isReadOnly: true,
    input: {
      execution_id: z.string(),
      from_offset: z.int().min(0).default(0),
      limit: z.int().min(1).max(shownBytes.most).default(shownBytes.piece),
      wait_seconds: z.int().min(0).max(mostWaitSeconds).default(0),
    },
    run: async ({ execution_id, from_offset, limit, wait_seconds }, { signal }) => {
      const run = await awaited(api, execution_id, { wait_seconds, after_offset: from_offset }, signal);
      const text = await piece(api, run, from_offset, limit);
      const next = Math.min(run.output_bytes, from_offset + limit);
      return { ...briefly(run), output: text, next_offset: Math.max(from_offset, next) };
    },
  });
}

/**
 * Waits until a run has ended, has output beyond an offset, or the time is over.
 * @param query `wait_seconds`, and `after_offset` when output ends the wait, too
 * @returns its state
 */
const awaited = (
  api: ApiCalls,
  id: string,
  query: { wait_seconds: number; after_offset?: number },
  signal: AbortSignal,
): Promise<Data> => api.wait(pathOf`/api/commands/${id}/status`, { tail: 1, ...query }, signal);

const briefly = (run: Data) => ({
  execution_id: run.command_id,
  status: run.status,
  why_waiting: run.why_waiting,
  exit_code: run.exit_code,
  reason: run.reason,
  error: run.error,
  duration: run.duration,
  output_bytes: run.output_bytes,
});

/** The end of the output of a run, from the beginning of a line. */
async function tailOf(api: ApiCalls, run: Data): Promise<{ output: string; output_from?: number }> {
  const from = Math.max(0, run.output_bytes - shownBytes.tail);
  const text = await piece(api, run, from, shownBytes.tail);
  if (from === 0) return { output: text };
  const line = text.indexOf('\n') + 1;
  return { output: text.slice(line), output_from: from };
}

async function piece(api: ApiCalls, run: Data, from_offset: number, limit: number): Promise<string> {
  if (run.output_bytes <= from_offset) return '';
  const query = { from_offset, limit, ansi: 'strip' };
  return api.text(pathOf`/api/commands/${run.command_id}/output`, query);
}
