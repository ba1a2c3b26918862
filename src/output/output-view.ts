import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import type { OutputEnd, OutputFrame } from './output-frame.js';

/** A frame in the status of a command. */
export const outputFrameSchema = z
  .object({
    timestamp: instant,
    stream: z.enum(['stdout', 'stderr']),
    content: z.string(),
    offset: z
      .int()
      .min(0)
      .meta({ description: 'The offset of the first byte in the output of both streams' }),
    encoding: z.literal('base64').optional().meta({ description: 'Present when the bytes are not UTF-8' }),
    marker: z
      .literal(true)
      .optional()
      .meta({ description: 'True on a marker of the server where output was left out' }),
  })
  .meta({ id: 'OutputFrame' });
export type StoredFrameView = z.output<typeof outputFrameSchema>;

/** A frame of output in a stream, over WebSocket or SSE. */
export const outputEventSchema = outputFrameSchema
  .extend({
    command_id: id,
    length: z.int().min(0).meta({ description: 'The length of the content in bytes before the encoding' }),
    end: z.literal(true).optional().meta({ description: 'True on the last frame, which has no content' }),
    total: z.int().min(0).optional().meta({ description: 'The total number of bytes, on the last frame' }),
    exit_code: z.int().nullable().optional().meta({ description: 'On the last frame' }),
    pruned: z.literal(true).optional().meta({
      description: 'True on the last frame when the output was removed at the end of its retention',
    }),
  })
  .meta({ id: 'OutputEvent' });
export type OutputView = z.output<typeof outputEventSchema>;

export function toFrameView({ offset, stream, text, time, content, marker }: OutputFrame): StoredFrameView {
  return {
    timestamp: new Date(time).toISOString(),
    stream,
    content: content.toString(text ? 'utf8' : 'base64'),
    offset,
    ...(text ? {} : { encoding: 'base64' as const }),
    ...(marker ? { marker } : {}),
  };
}

/** Builds the representation of a frame in a stream. */
export function toOutputView(executionId: string, frame: OutputFrame): OutputView {
  return { command_id: executionId, ...toFrameView(frame), length: frame.content.length };
}

/** Builds the last message of a stream: the number of bytes, and how and when the command ended. */
export function toEndView(executionId: string, { total, exitCode, pruned, at }: OutputEnd): OutputView {
  return {
    command_id: executionId,
    stream: 'stdout',
    content: '',
    timestamp: toInstant(at),
    offset: total,
    length: 0,
    end: true,
    total,
    exit_code: exitCode,
    ...(pruned ? { pruned } : {}),
  };
}
