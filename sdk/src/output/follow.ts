import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Api, Call } from '../http/api.js';
import { fromWire } from '../http/case.js';
import { backoff, delay } from '../http/delay.js';
import { ConnectionError, ServerError } from '../http/errors.js';
import { OutputFrame, type OutputEnd, type RawFrame } from './frame.js';

export interface FollowOptions {
  /** The byte to start at; 0 by default. */
  fromOffset?: number | undefined;
  /** The number of lines before the current end to start with. */
  tail?: number | undefined;
  /** Only this stream. */
  stream?: 'stdout' | 'stderr' | undefined;
  /** Stops following; the command continues. */
  signal?: AbortSignal | undefined;
}

export type OutputPath = Required<Pick<Call, 'path' | 'parameters'>>;

/** How many attempts in a row may fail; with the delays between them, the server may be away for half a minute. */
const mostTries = 10;
const longestBackoffMs = 5_000;
/** The server sends a heartbeat every 15 s; a connection that is silent for longer than this is lost. */
const silenceMs = 40_000;

/**
 * Follows the output of a command to its end over server-sent events. A lost connection is resumed at the offset it had reached, so
 * that no byte is missing and none comes twice.
 * @param of the path of the output, such as `/commands/{commandId}/output`
 * @returns the exit code, when the command has ended
 */
export async function* followOutput(
  api: Api,
  of: OutputPath,
  options: FollowOptions = {},
): AsyncGenerator<OutputFrame, OutputEnd, undefined> {
  // the server ends a stream when its token expires, and an expired token cannot be renewed
  const stopRenewal = api.transport.tokens.keepFresh();
  try {
    return yield* follow(api, of, options);
  } finally {
    stopRenewal();
  }
}

async function* follow(
  api: Api,
  of: OutputPath,
  { fromOffset, tail, stream, signal }: FollowOptions,
): AsyncGenerator<OutputFrame, OutputEnd, undefined> {
  let offset: string | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      // the id of the last event is the offset after it
      if (offset !== undefined) headers['last-event-id'] = offset;
      const call = {
        method: 'GET',
        ...of,
        query: { fromOffset, tail, stream },
        options: { headers, signal },
      };
      for await (const event of events(await api.raw(call), signal)) {
        // the token has expired, or the permission was revoked: the answer to the next attempt decides
        if (event.event === 'error') break;
        offset = event.id ?? offset;
        tries = 0;
        const frame = fromWire(JSON.parse(event.data)) as RawFrame;
        if (frame.end) return { exitCode: frame.exitCode ?? null, total: frame.total ?? frame.offset };
        yield new OutputFrame(frame);
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!(error instanceof ConnectionError || error instanceof ServerError) || tries >= mostTries)
        throw error;
    }
    if (tries >= mostTries) throw new ConnectionError('The connection was lost too often');
    await delay(tries === 0 ? 0 : backoff(tries, longestBackoffMs, 200), signal);
  }
}

/** Parses the events of a response. @throws ConnectionError when the connection is lost or silent for too long */
async function* events(
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const reader = response.body
    ?.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  if (!reader) return;
  let waiting: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => waiting.push(event) });
  const silence = new Silence(() => void reader.cancel(new Error('silent')).catch(() => undefined));
  const stop = () => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      silence.begin();
      const { done, value } = await reader.read();
      silence.end();
      if (signal?.aborted) throw signal.reason;
      if (done) return;
      parser.feed(value);
      const ready = waiting;
      waiting = [];
      yield* ready;
    }
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new ConnectionError('The connection was lost', { cause });
  } finally {
    silence.end();
    signal?.removeEventListener('abort', stop);
    await reader.cancel().catch(() => undefined);
  }
}

class Silence {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onTooLong: () => void) {}

  begin(): void {
    this.timer = setTimeout(this.onTooLong, silenceMs);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
