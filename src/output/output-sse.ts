import { AppError } from '../common/errors.js';
import type { OutputFrame } from './output-frame.js';
import type { OutputPiece } from './output-reader.js';
import { toEndView, toOutputView } from './output-view.js';

/** The id of the last event, which says more than the offset: a reader that names it has seen the end. */
const endId = (total: number) => `${total}-end`;

/** Where a reader goes on that names the last event it has seen. */
export interface LastEvent {
  offset: number;
  /** True when it was the end of the output. */
  isEnd: boolean;
}

/** Reads a `Last-Event-ID`. @returns undefined for one that we have not given */
export function parseLastEventId(id: unknown): LastEvent | undefined {
  const match = typeof id === 'string' ? /^(\d{1,15})(-end)?$/.exec(id) : null;
  return match ? { offset: Number(match[1]), isEnd: match[2] !== undefined } : undefined;
}

/** Proxies cut connections on which nothing is said, the shortest of them after 30 s. */
const heartbeatMs = 15_000;

/**
 * Output as server-sent events (WHATWG HTML, 9.2): a frame is an event whose id is the offset after it.
 * @param pieces from the reader; taken only as fast as the events are
 * @param stream to leave out the other one
 * @param signal ends them; with an `AppError` as reason the last event is an `error` that says its code
 */
export async function* serverSentEvents(
  executionId: string,
  pieces: AsyncGenerator<OutputPiece, void>,
  stream: OutputFrame['stream'] | undefined,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  try {
    yield ': open\n\n';
    let next = ask(pieces);
    while (!signal.aborted) {
      // a signal to end the wait costs more than the event: its error has a stack
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
      next = ask(pieces);
    }
    // it has no id, so that a reader which comes back goes on after the last frame
    if (signal.reason instanceof AppError) yield errorEvent(signal.reason);
  } finally {
    await pieces.return();
  }
}

/** A fault that comes while nobody waits for it is met at the next wait. */
function ask(pieces: AsyncGenerator<OutputPiece, void>) {
  const next = pieces.next();
  next.catch(() => undefined);
  return next;
}

/** A live frame is the same object for all its readers, and is made into text once for them. */
const frameEvents = new WeakMap<OutputFrame, string>();

function frameEvent(executionId: string, frame: OutputFrame): string {
  const made = frameEvents.get(frame);
  if (made !== undefined) return made;
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
