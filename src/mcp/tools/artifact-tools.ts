import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ApiFault, pathOf, type ApiCalls, type Data } from '../api-calls.js';
import { defineTool } from './define-tool.js';
import { wholeText } from './whole-text.js';

/** The characters of a summary in an answer. */
const summaryCharacters = 6_000;
/** The files that an answer lists. */
const listedFiles = 50;
/** The bytes of a file in an answer. */
const shownBytes = { piece: 8_000, most: 32_000 };

/** Adds the tools that read what a run has left: its summary and its files. */
export function addArtifactTools(server: McpServer, api: ApiCalls): void {
  defineTool(server, api, 'run_get', {
    title: 'Look at a run',
    description:
      'Shows how a run went, the summary that its command has written, and the files that were kept of it. Go on with summary_from or cursor; read a file with read_artifact.',
    isReadOnly: true,
    input: {
      execution_id: z.string(),
      summary_from: z.int().min(0).default(0).describe('The first character of the summary'),
      cursor: z.string().optional().describe('The next_cursor of the answer before, for further files'),
    },
    run: async ({ execution_id, summary_from, cursor }) => {
      const run: Data = await api.get(pathOf`/api/executions/${execution_id}`);
      const files: Data = await api.get(pathOf`/api/executions/${execution_id}/artifacts`, {
        limit: listedFiles,
        cursor,
      });
      const summary: string = run.summary ?? '';
      const end = summary_from + summaryCharacters;
      return {
        execution_id,
        task_id: run.task_id,
        status: run.status,
        why_waiting: run.why_waiting,
        exit_code: run.exit_code,
        reason: run.reason,
        error: run.error,
        duration: run.duration,
        summary: summary.slice(summary_from, end),
        next_summary_from: summary.length > end ? end : undefined,
        artifacts: files.artifacts.map(({ id, path, size }: Data) => ({ artifact_id: id, path, size })),
        next_cursor: files.next_cursor,
        artifacts_omitted: run.artifacts_omitted || undefined,
      };
    },
  });

  defineTool(server, api, 'read_artifact', {
    title: 'Read a file of a run',
    description:
      'Reads text from a file that was kept of a run, from a byte offset. Begin again at next_offset until it is missing. run_get lists the files.',
    isReadOnly: true,
    input: {
      execution_id: z.string(),
      artifact_id: z.string(),
      from_offset: z.int().min(0).default(0),
      limit: z.int().min(16).max(shownBytes.most).default(shownBytes.piece),
    },
    run: async ({ execution_id, artifact_id, from_offset, limit }) => {
      const path = pathOf`/api/executions/${execution_id}/artifacts/${artifact_id}`;
      // one byte more says whether the file goes on
      const found = await api.bytes(path, { from_offset, limit: limit + 1 });
      const isLast = found.length <= limit;
      const piece = wholeText(found.subarray(0, limit), isLast);
      if (!piece)
        throw new ApiFault(422, 'NO_TEXT', `The file is no text in UTF-8: download it at ${path}`, {});
      return { text: piece.text, next_offset: isLast ? undefined : from_offset + piece.bytes };
    },
  });
}
