import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import type { WorkerRecord } from '../executions/worker.entity.js';

const count = z.int().min(0);

export const workerSchema = z
  .object({
    id: id.meta({ description: 'It is new with each start of the process' }),
    labels: z.array(z.string()).meta({
      description: 'What a run may ask for in `runs_on`; the label of the host is for administrators only',
      examples: [['arch:x64', 'gpu', 'os:linux']],
    }),
    slots: count.meta({ description: 'How many runs it does at a time' }),
    busy: count.meta({ description: 'How many runs it does at the moment' }),
    host: z.string().nullable().meta({ description: 'The name of its host; null except for administrators' }),
    version: z.string(),
    started_at: instant,
    seen_at: instant.meta({ description: 'Its last heartbeat' }),
    draining: z.boolean().meta({ description: 'Whether it finishes what it runs and takes nothing new' }),
    ready: z.boolean().meta({ description: 'Whether it can start commands' }),
  })
  .meta({ id: 'Worker' });
export type WorkerView = z.output<typeof workerSchema>;

export const workersSchema = z.object({ items: z.array(workerSchema) }).meta({ id: 'Workers' });

export type WorkerRow = Omit<WorkerRecord, 'pid' | 'separates'>;

/** @param showsHost whether the name of the host is shown, which tells how the installation is built */
export function toWorker(row: WorkerRow, showsHost: boolean): WorkerView {
  return {
    id: row.id,
    labels: showsHost ? row.labels : row.labels.filter((label) => !label.startsWith('host:')),
    slots: row.slots,
    busy: row.busy,
    host: showsHost ? row.host : null,
    version: row.version,
    started_at: toInstant(row.started_at),
    seen_at: toInstant(row.seen_at),
    draining: row.draining,
    ready: row.ready,
  };
}
