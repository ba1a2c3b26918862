import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress, targetFault } from './target-address.js';

const keptBytes = 4_096;
const readBytes = 65_536;
const SWITCHING_PROTOCOLS = 101;

/** The response of a receiver. */
export interface Answer {
  status: number;
  /** The beginning of the body, at most 4 KiB. */
  body: string;
  retryAfter: string | undefined;
}

/** The name does not resolve to a public address. */
export class PrivateAddressError extends Error {}

/** There was no response within the timeout. */
export class AnswerTimeoutError extends Error {}

/**
 * Sends requests to URLs that users have chosen. The address is checked when the connection is made, so DNS rebinding, where a name
 * resolves to different addresses for the check and the connection, has no effect. Redirects are not followed.
 */
export class Outbound {
  private readonly agents: Record<string, http.Agent>;
  private readonly inFlight = new Set<AbortController>();

  constructor(private readonly options: { allowPrivate: boolean; timeoutMs: number }) {
    const settings = { keepAlive: true, ...(options.allowPrivate ? {} : { lookup: publicLookup }) };
    this.agents = { 'http:': new http.Agent(settings), 'https:': new https.Agent(settings) };
  }

  /**
   * Posts a body and waits `timeoutMs` at most for the response, including the connection set-up.
   * @throws the error that prevented a response; PrivateAddressError for a target that is refused
   */
  async post(target: string, headers: Record<string, string>, body: string): Promise<Answer> {
    // literal addresses must be checked here, since connecting to them needs no lookup
    const fault = targetFault(target, this.options.allowPrivate);
    if (fault !== undefined) throw new PrivateAddressError(fault);
    // one controller per request: `AbortSignal.any` over one that lives as long as the process leaks on Node 20
    const abort = new AbortController();
    const timer = setTimeout(
      () => abort.abort(new AnswerTimeoutError('No answer in time')),
      this.options.timeoutMs,
    );
    this.inFlight.add(abort);
    try {
      return await this.send(new URL(target), headers, body, abort.signal);
    } catch (error) {
      throw abort.signal.aborted ? abort.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.inFlight.delete(abort);
    }
  }

  /** Aborts all requests in flight. */
  abortAll(): void {
    for (const abort of this.inFlight) abort.abort(new Error('Cut off'));
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  /** Sends a request. Node skips interim responses (1xx, RFC 9110 §15.2). */
  private async send(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { request } = url.protocol === 'https:' ? https : http;
    const agent = this.agents[url.protocol];
    for (;;) {
      const sent = request(url, { method: 'POST', headers, agent, signal });
      // errors after the response are received by the reader of its body
      sent.on('error', () => undefined);
      sent.end(body);
      try {
        const answer = await answerTo(sent);
        return {
          status: answer.statusCode ?? 0,
          body: answer.statusCode === SWITCHING_PROTOCOLS ? '' : await readStart(answer),
          retryAfter: answer.headers['retry-after'],
        };
      } catch (error) {
        // the receiver has closed an idle keep-alive connection, so the request is repeated on another one
        if (!sent.reusedSocket || signal.aborted) throw error;
      }
    }
  }
}

/**
 * Waits for the response to a request. A receiver that switches protocols, which it was not asked to do, has given its response with
 * that: Node passes such a connection on, or closes it without an error when nobody takes it.
 */
function answerTo(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('upgrade', (answer: http.IncomingMessage, socket) => {
      socket.destroy();
      resolve(answer);
    });
    request.once('error', reject);
    request.once('close', () => reject(new Error('The connection was closed without a response')));
  });
}

/** Reads the start of a body as text that Postgres can store. Ignores errors, since the status has been received already. */
async function readStart(body: http.IncomingMessage): Promise<string> {
  const kept: Buffer[] = [];
  let read = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (read < keptBytes) kept.push(chunk.subarray(0, keptBytes - read));
      read += chunk.length;
      if (read >= readBytes) break;
    }
  } catch {
    // the part that was read is enough
  }
  // `stream` omits an incomplete character at the end
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true }).replaceAll('\0', '');
}

/**
 * A `dns.lookup` that returns public addresses only, so that Node connects to no others. An unknown name fails with the same error as a
 * private address, so that users cannot discover names of the network in which Millrace runs.
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
