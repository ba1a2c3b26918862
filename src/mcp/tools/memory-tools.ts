import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listOf } from '../../common/fields.js';
import { pathOf, type ApiCalls, type Data } from '../api-calls.js';
import { cut } from '../results.js';
import { defineTool } from './define-tool.js';
import { projectOf } from './project-of.js';

const project = z
  .string()
  .optional()
  .describe('The key of a project, such as SHOP, or its id; not needed if you see only one');

/** Adds the tools for the memory of a project. */
export function addMemoryTools(server: McpServer, api: ApiCalls): void {
  defineTool(server, api, 'remember', {
    title: 'Remember something',
    description:
      'Keeps a note for whoever works in the project later: a decision, a trap, how something is done. With note_id the text is added to that note.',
    input: {
      project,
      body: z.string().describe('Markdown'),
      tags: listOf(z.string(), { most: 50 }).optional(),
      note_id: z.string().optional(),
    },
    run: async ({ project: name, body, tags, note_id }) => {
      const { id } =
        note_id === undefined
          ? await api.post(pathOf`/api/projects/${await projectOf(api, name)}/memory`, { body, tags })
          : await api.post(pathOf`/api/documents/${note_id}/append`, { body });
      return { note_id: id };
    },
  });

  defineTool(server, api, 'recall', {
    title: 'Recall notes',
    description: 'Reads what was remembered in a project, by words or by a tag, the latest first.',
    isReadOnly: true,
    input: {
      project,
      search: z.string().optional(),
      tag: z.string().optional(),
      limit: z.int().min(1).max(20).default(10),
    },
    run: async ({ project: name, search, tag, limit }) => {
      const page = await api.get(pathOf`/api/projects/${await projectOf(api, name)}/memory`, {
        search,
        tag,
        page_size: limit,
      });
      // a list shows the beginning of a text; one after the other, since each may have a megabyte
      const notes: object[] = [];
      for (const { id } of page.items as { id: string }[]) {
        const one: Data = await api.get(pathOf`/api/documents/${id}`);
        notes.push({ note_id: id, body: cut(one.body, 3_000), tags: one.tags, updated_at: one.updated_at });
      }
      return { notes, total: page.total };
    },
  });
}
