import { createHash } from 'node:crypto';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Client } from './client.js';

export const transports = ['WebSocket', 'socket.io', 'server-sent events'] as const;
export type Transport = (typeof transports)[number];

export interface Frame {
  offset: number;
  length: number;
  content: string;
  encoding?: BufferEncoding;
  end?: boolean;
  total?: number;
}

/** The servers of the output. */
export interface Source {
  admin: Client;
  /** Returns the URL for the next connection. */
  nextUrl: () => string;
}

interface Job {
  task: string;
  execution: string;
}

/** Opens a connection that receives frames from an offset on. Resolves at its end, also after an error. */
type Connect = (
  source: Source,
  job: Job,
  from: number,
  take: (frame: Frame) => void,
  signal: AbortSignal,
) => Promise<void>;

const webSocket: Connect = (source, { execution }, from, take, signal) =>
  new Promise((resolve) => {
    const ws = new WebSocket(`${source.nextUrl().replace('http', 'ws')}/ws/a-session`, {
      perMessageDeflate: false,
    });
    ws.on('error', () => undefined).on('close', () => resolve());
    signal.addEventListener('abort', () => ws.terminate());
    ws.on('open', () => {
      ws.send(JSON.stringify({ type: 'authenticate', token: source.admin.token }));
      ws.send(
        JSON.stringify({
          type: 'subscribe',
          channel: 'command_output',
          command_id: execution,
          from_offset: from,
        }),
      );
    });
    ws.on('message', (message: Buffer) => {
      const { type, data } = JSON.parse(message.toString()) as { type: string; data: Frame };
      if (type === 'command_output') take(data);
    });
  });

const socketIo: Connect = (source, { execution }, from, take, signal) =>
  new Promise((resolve) => {
    const socket = io(source.nextUrl(), {
      auth: { token: source.admin.token },
      forceNew: true,
      reconnection: false,
    });
    socket.on('disconnect', () => resolve()).on('connect_error', () => resolve());
    signal.addEventListener('abort', () => socket.disconnect());
    socket.on('command_output', ({ data }: { data: Frame }) => take(data));
    socket.on('connect', () =>
      socket.emit('subscribe', { channel: 'command_output', command_id: execution, from_offset: from }),
    );
  });

const serverSentEvents: Connect = async (source, { task }, from, take, signal) => {
  const headers = { accept: 'text/event-stream', 'last-event-id': String(from) };
  const { body } = await source.admin.open('GET', `/api/tasks/${task}/output`, undefined, {
    headers,
    signal,
  });
  const reader = body!.getReader();
  const decoder = new TextDecoder();
  // an aborted fetch may leave its reader waiting
  signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (rest + decoder.decode(part.value, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) take(JSON.parse(data) as Frame);
    }
  }
};

const connects: Record<Transport, Connect> = {
  WebSocket: webSocket,
  'socket.io': socketIo,
  'server-sent events': serverSentEvents,
};

/** The result of a reader over all its connections. */
export interface Reading {
  bytes: number;
  hash: string;
  cuts: number;
  total: number | undefined;
  /** The first error: a gap, a repeated byte, or a length that differs from the content's. */
  fault: string | undefined;
}

/**
 * Follows an output to its end by one transport. Each time the connection is cut, it resumes at its offset.
 * @param options.cutAfter returns the number of bytes after which the next connection is cut
 * @param options.deadline the end of the test, as a time of `Date.now()`
 */
export async function follow(
  source: Source,
  job: Job,
  transport: Transport,
  options: { cutAfter: () => number; deadline: number },
): Promise<Reading> {
  const hash = createHash('sha256');
  const reading: Reading = { bytes: 0, hash: '', cuts: -1, total: undefined, fault: undefined };
  while (reading.total === undefined && reading.fault === undefined && Date.now() < options.deadline) {
    const connection = new AbortController();
    const timer = setTimeout(() => connection.abort(), options.deadline - Date.now());
    const cutAt = reading.bytes + options.cutAfter();
    const take = (frame: Frame): void => {
      if (connection.signal.aborted) return;
      const content = Buffer.from(frame.content, frame.encoding ?? 'utf8');
      if (frame.end) reading.total = frame.total;
      else if (frame.offset !== reading.bytes || content.length !== frame.length)
        reading.fault = `${transport}: offset ${frame.offset}, ${content.length} of ${frame.length} bytes, expected at ${reading.bytes}`;
      else {
        hash.update(content);
        reading.bytes += content.length;
      }
      if (frame.end || reading.fault !== undefined || reading.bytes > cutAt) connection.abort();
    };
    await connects[transport](source, job, reading.bytes, take, connection.signal).catch(() => undefined);
    clearTimeout(timer);
    reading.cuts += 1;
  }
  return { ...reading, hash: hash.digest('hex') };
}
