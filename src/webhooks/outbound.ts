import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher as HttpDispatcher } from 'undici';
import { isPublicAddress, targetFault } from './target-address.js';

const keptBytes = 4_096;
const readBytes = 65_536;

/** What a receiver answered. */
export interface Answer {
  status: number;
  /** The beginning of the body, at most 4 KiB. */
  body: string;
  retryAfter: string | undefined;
}

/** The name leads to no public address. */
export class PrivateAddressError extends Error {}

/** Connecting and answering took longer than they may. */
export class AnswerTimeoutError extends Error {}

/**
 * Sends to addresses that users chose. The address is checked where the connection is made, so a name that answers the
 * check with one address and the connection with another (DNS rebinding) gains nothing. Redirects are not followed.
 */
export class Outbound {
  private readonly agent: Agent;
  private readonly underWay = new Set<AbortController>();

  constructor(private readonly options: { allowPrivate: boolean; timeoutMs: number }) {
    const { allowPrivate, timeoutMs } = options;
    this.agent = new Agent({
      connect: { timeout: timeoutMs, ...(allowPrivate ? {} : { lookup: publicLookup }) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /**
   * Posts a body and waits for the answer, connecting included, for `timeoutMs` at most.
   * @throws whatever kept an answer from coming; PrivateAddressError for a target that is refused
   */
  async post(target: string, headers: Record<string, string>, body: string): Promise<Answer> {
    // a literal address is connected to without a lookup
    const fault = targetFault(target, this.options.allowPrivate);
    if (fault !== undefined) throw new PrivateAddressError(fault);
    // one controller a request: `AbortSignal.any` over one that lives as long as the process leaks on Node 20
    const abort = new AbortController();
    const timer = setTimeout(
      () => abort.abort(new AnswerTimeoutError('No answer in time')),
      this.options.timeoutMs,
    );
    this.underWay.add(abort);
    try {
      return await this.request(new URL(target), headers, body, abort.signal);
    } finally {
      clearTimeout(timer);
      this.underWay.delete(abort);
    }
  }

  /** Ends every request that is under way. */
  cutOff(): void {
    for (const abort of this.underWay) abort.abort(new Error('Cut off'));
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async request(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const path = url.pathname + url.search;
    const answer = await this.agent.request({
      origin: url.origin,
      path,
      method: 'POST',
      headers,
      body,
      signal,
    });
    const retryAfter = answer.headers['retry-after'];
    return {
      status: answer.statusCode,
      body: await readStart(answer.body),
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    };
  }
}

/** The start of a body as text Postgres can store. A body that breaks off changes nothing: the status has been given. */
async function readStart(body: HttpDispatcher.ResponseData['body']): Promise<string> {
  const kept: Buffer[] = [];
  let read = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (read < keptBytes) kept.push(chunk.subarray(0, keptBytes - read));
      read += chunk.length;
      if (read >= readBytes) break;
    }
  } catch {
    // see above
  }
  // `stream` leaves out a character that the cut has split
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true }).replaceAll('\0', '');
}

/**
 * `dns.lookup` that knows only public addresses; Node connects to nothing else. A name that does not exist fails as one that leads to
 * a private address does, so that nobody learns the names of the network that Millrace is in.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const allowed = error ? [] : addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (!first) return callback(new PrivateAddressError('The address is not on the public internet'), [], 0);
    if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};
