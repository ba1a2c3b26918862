import { z } from 'zod';
import { queryFlag, querySchema } from '../http/query.js';

export const exportFormats = ['json', 'csv', 'markdown'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportQuery = querySchema({
  format: z.enum(exportFormats).default('json').meta({
    description:
      '`json` is complete and can be imported again; `csv` has a row, and `markdown` a section for each task',
  }),
  files: queryFlag.default(false).meta({
    description: 'Whether `json` has the content of attached files, too, in base64',
  }),
});
export type ExportQuery = z.output<typeof exportQuery>;

/** The media type and the extension of each format. */
export const exportMedia: Record<ExportFormat, { type: string; extension: string }> = {
  json: { type: 'application/json; charset=utf-8', extension: 'json' },
  csv: { type: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
  markdown: { type: 'text/markdown; charset=utf-8', extension: 'md' },
};

const text = { type: 'string' };

/** The media types of the response in the OpenAPI document. */
export const exportResponses = {
  'application/json': {
    example: {
      format: 'millrace',
      version: 1,
      exported_at: '2026-07-30T12:00:00.000Z',
      project: { id: '01a2024a-912d-72cf-a321-99955c0b2f5f', key: 'SHOP', name: 'Shop', attachments: [] },
      labels: [{ name: 'security', kind: 'task', color: '#e03e3e', description: '', archived_at: null }],
      documents: [{ kind: 'memory', title: '', body: 'The keys are in the safe', tags: ['keys'] }],
      tasks: [{ ref: 'SHOP-1', title: 'Renew the certificate', status: 'pending', priority: 3 }],
      schedules: [{ name: 'Nightly', enabled: true, cron: '30 4 * * *', task: 'SHOP-1' }],
      triggers: [{ name: 'Deploy on push', enabled: true, task: 'SHOP-1', filter: { events: ['push'] } }],
    },
    schema: {
      type: 'object',
      required: [
        'format',
        'version',
        'exported_at',
        'project',
        'labels',
        'documents',
        'tasks',
        'schedules',
        'triggers',
      ],
      properties: {
        format: { const: 'millrace' },
        version: { const: 1 },
        exported_at: { ...text, format: 'date-time' },
        project: { type: 'object', additionalProperties: true },
        labels: { type: 'array', items: { type: 'object', additionalProperties: true } },
        documents: { type: 'array', items: { type: 'object', additionalProperties: true } },
        tasks: { type: 'array', items: { type: 'object', additionalProperties: true } },
        schedules: { type: 'array', items: { type: 'object', additionalProperties: true } },
        triggers: { type: 'array', items: { type: 'object', additionalProperties: true } },
      },
    },
  },
  'text/csv': { schema: text },
  'text/markdown': { schema: text },
};
