import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
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
  private readonly agents: Record<string, http.Agent>;
  private readonly underWay = new Set<AbortController>();

  constructor(private readonly options: { allowPrivate: boolean; timeoutMs: number }) {
    const settings = { keepAlive: true, ...(options.allowPrivate ? {} : { lookup: publicLookup }) };
    this.agents = { 'http:': new http.Agent(settings), 'https:': new https.Agent(settings) };
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
      return await this.send(new URL(target), headers, body, abort.signal);
    } catch (error) {
      throw abort.signal.aborted ? abort.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.underWay.delete(abort);
    }
  }

  /** Ends every request that is under way. */
  cutOff(): void {
    for (const abort of this.underWay) abort.abort(new Error('Cut off'));
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  /** What comes before the answer (1xx, RFC 9110 §15.2) is passed over by Node. */
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
      // what fails once there is an answer is met by who reads it
      sent.on('error', () => undefined);
      sent.end(body);
      try {
        const [answer] = (await once(sent, 'response')) as [http.IncomingMessage];
        return {
          status: answer.statusCode ?? 0,
          body: await readStart(answer),
          retryAfter: answer.headers['retry-after'],
        };
      } catch (error) {
        // the receiver had closed a connection that was kept open; a new one tells whether it is there
        if (!sent.reusedSocket || signal.aborted) throw error;
      }
    }
  }
}

/** The start of a body as text Postgres can store. A body that breaks off changes nothing: the status has been given. */
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
