import { AppError } from '../common/errors.js';
import type { OutputFrame } from './output-frame.js';
import type { OutputPiece } from './output-reader.js';
import { toEndView, toOutputView } from './output-view.js';

/** Builds the id of the last event. It differs from a mere offset, so that a client that sends it is known to have seen the end. */
const endId = (total: number) => `${total}-end`;

/** The position of a client, according to the id of the last event that it has received. */
export interface LastEvent {
  offset: number;
  /** True when the event was the end of the output. */
  isEnd: boolean;
}

/** Parses a `Last-Event-ID`. @returns undefined for an id that is not in the format of this server */
export function parseLastEventId(id: unknown): LastEvent | undefined {
  const match = typeof id === 'string' ? /^(\d{1,15})(-end)?$/.exec(id) : null;
  return match ? { offset: Number(match[1]), isEnd: match[2] !== undefined } : undefined;
}

/** The interval of heartbeats, since proxies close idle connections, some of them after 30 s. */
const heartbeatMs = 15_000;

/**
 * Formats output as server-sent events (WHATWG HTML, 9.2): each frame is an event whose id is the offset after it.
 * @param pieces the output of the reader, which is consumed only as fast as the events are
 * @param stream the only stream to send; undefined for both
 * @param signal ends the events; with an `AppError` as reason, the last event is an `error` with its code
 */
export async function* serverSentEvents(
  executionId: string,
  pieces: AsyncGenerator<OutputPiece, void>,
  stream: OutputFrame['stream'] | undefined,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  try {
    yield ': open\n\n';
    let next = nextOf(pieces);
    while (!signal.aborted) {
      // the wait is not ended by an AbortSignal: its error has a stack trace, which costs more than the event itself
      let timer: NodeJS.Timeout | undefined;
      const rest = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), heartbeatMs);
      });
      const result = await Promise.race([next, rest]);
      clearTimeout(timer);
      if (!result) {
        yield ': heartbeat\n\n';
        continue;
      }
      if (result.done) break;
      const { frame, end } = result.value;
      if (end) {
        yield event(endId(end.total), toEndView(executionId, end));
        return;
      }
      if (stream === undefined || frame.stream === stream) {
        yield frameEvent(executionId, frame);
      }
      next = nextOf(pieces);
    }
    // the error event has no id, so that a client that reconnects continues after the last frame
    if (signal.reason instanceof AppError) yield errorEvent(signal.reason);
  } finally {
    await pieces.return();
  }
}

/** Requests the next piece. A rejection is not unhandled even when nobody awaits it yet; the next `await` throws it. */
function nextOf(pieces: AsyncGenerator<OutputPiece, void>) {
  const next = pieces.next();
  next.catch(() => undefined);
  return next;
}

/** Caches the text of frames, since a live frame is the same object for all its readers. */
const frameEvents = new WeakMap<OutputFrame, string>();

function frameEvent(executionId: string, frame: OutputFrame): string {
  const cached = frameEvents.get(frame);
  if (cached !== undefined) return cached;
  const text = event(frame.offset + frame.content.length, toOutputView(executionId, frame));
  frameEvents.set(frame, text);
  return text;
}

function errorEvent({ code, message, details }: AppError): string {
  return `event: error\ndata: ${JSON.stringify({ code, message, details })}\n\n`;
}

function event(id: number | string, data: unknown): string {
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
