import { z } from 'zod';
import { instant } from '../common/fields.js';
import type { OutputEnd, OutputFrame } from './output-frame.js';

/** A frame of output as clients see it, over WebSocket and SSE. */
export interface OutputView {
  command_id: string;
  stream: OutputFrame['stream'];
  content: string;
  timestamp: string;
  /** Of the first byte, in the execution's output. */
  offset: number;
  /** In bytes, whatever the encoding. */
  length: number;
  encoding?: 'base64';
  /** Present on a frame that is not from the command: it says that output was left out here. */
  marker?: true;
  end?: true;
  total?: number;
  exit_code?: number | null;
  /** Present on the end when the output has been removed, because its time was over. */
  pruned?: true;
}

/** A frame inside the status of a command. */
export const outputFrameSchema = z
  .object({
    timestamp: instant,
    stream: z.enum(['stdout', 'stderr']),
    content: z.string(),
    offset: z.int().min(0).meta({ description: 'Of the first byte, in the output of both streams' }),
    encoding: z.literal('base64').optional().meta({ description: 'Present when the bytes are not UTF-8' }),
    marker: z
      .literal(true)
      .optional()
      .meta({ description: 'Present on a frame of ours, which says that output was left out here' }),
  })
  .meta({ id: 'OutputFrame' });
export type StoredFrameView = z.output<typeof outputFrameSchema>;

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

/** A frame as it is sent while a command runs. */
export function toOutputView(executionId: string, frame: OutputFrame): OutputView {
  return { command_id: executionId, ...toFrameView(frame), length: frame.content.length };
}

/** The frame after the last one: it says how many bytes there were and how the command ended. */
export function toEndView(executionId: string, { total, exitCode, pruned }: OutputEnd): OutputView {
  return {
    command_id: executionId,
    stream: 'stdout',
    content: '',
    timestamp: new Date().toISOString(),
    offset: total,
    length: 0,
    end: true,
    total,
    exit_code: exitCode,
    ...(pruned ? { pruned } : {}),
  };
}
