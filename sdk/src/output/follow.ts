import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Api, Call } from '../http/api.js';
import { fromWire } from '../http/case.js';
import { backoff, delay } from '../http/delay.js';
import { ConnectionError, ServerError } from '../http/errors.js';
import { OutputFrame, type OutputEnd, type RawFrame } from './frame.js';

export interface FollowOptions {
  /** Byte to start at; 0 unless said. */
  fromOffset?: number | undefined;
  /** Only the last so many lines of what is there, then what comes. */
  tail?: number | undefined;
  /** Leaves out the other stream. */
  stream?: 'stdout' | 'stderr' | undefined;
  /** Stops following; the command goes on. */
  signal?: AbortSignal | undefined;
}

export type OutputPath = Required<Pick<Call, 'path' | 'parameters'>>;

/** So many tries in a row may bring nothing: with the waits between them, half a minute without a server. */
const mostTries = 10;
const longestBackoffMs = 5_000;
/** The server says something every 15 s. */
const silenceMs = 40_000;

/**
 * Follows the output of a command to its end over server-sent events. When the connection breaks it is opened again where it
 * broke off, so no byte is missed and none comes twice.
 * @param of the path of the output, such as `/commands/{commandId}/output`
 * @returns when the command ends: its exit code
 */
export async function* followOutput(
  api: Api,
  of: OutputPath,
  options: FollowOptions = {},
): AsyncGenerator<OutputFrame, OutputEnd, undefined> {
  // the server ends a stream with the token that opened it, and a token that has expired may not be renewed any more
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
        // the token has expired, or the right was lost: what is answered next says whether it can go on
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
    if (tries >= mostTries) throw new ConnectionError('The output breaks off again and again');
    await delay(tries === 0 ? 0 : backoff(tries, longestBackoffMs, 200), signal);
  }
}

/** The events of an answer, until it ends. @throws ConnectionError when it breaks off, or nothing comes for too long */
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
    throw new ConnectionError('The output broke off', { cause });
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
