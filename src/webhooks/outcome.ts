import { AnswerTimeoutError, PrivateAddressError, type Answer } from './outbound.js';
import type { DeliveryResult, SentRequest, TakenDelivery } from './outbox.queries.js';
import { retryAfterMs, retryDelay } from './retry-schedule.js';

/** The event of a test; it is tried once, since somebody waits for the answer. */
export const testEvent = 'ping';

/** Of each answer but the last, which is kept longer. */
const loggedCharacters = 500;

/** What became of one try: an answer, or what kept it from coming. */
export type Try = { request: SentRequest; begun: Date; durationMs: number } & (
  { answer: Answer } | { fault: unknown }
);

/** The receiver says that it is gone for good (RFC 9110 §15.5.11). */
export function isGone(tried: Try): boolean {
  return 'answer' in tried && tried.answer.status === 410;
}

/** What to store after a try: delivered after a 2xx, else due again, or failed when there is no try left or no receiver. */
export function resultOf(delivery: TakenDelivery, tried: Try, now = Date.now()): DeliveryResult {
  const answer = 'answer' in tried ? tried.answer : undefined;
  const delivered = answer !== undefined && answer.status >= 200 && answer.status < 300;
  const tries = delivery.attempts - delivery.attempts_before;
  const final = delivery.event === testEvent || isGone(tried);
  const delay = delivered || final ? undefined : retryDelay(tries);
  const facts = {
    responseStatus: answer?.status ?? null,
    responseBody: answer?.body ?? null,
    error: delivered
      ? null
      : answer
        ? `The receiver answered ${answer.status}`
        : describe('fault' in tried && tried.fault),
    durationMs: Math.round(tried.durationMs),
  };
  return {
    ...identityOf(delivery),
    ...facts,
    ...(delivered ? { healthy: true } : delivery.event === testEvent ? {} : { healthy: false }),
    tried: logged(delivery, tried, facts),
    status: delivered ? 'delivered' : delay === undefined ? 'failed' : 'pending',
    retryInMs:
      delay === undefined
        ? null
        : Math.max(delay - tried.durationMs, retryAfterMs(answer?.retryAfter, now), 0),
  };
}

type Facts = Pick<DeliveryResult, 'responseStatus' | 'responseBody' | 'error' | 'durationMs'>;

function identityOf({ id, webhook_id: webhookId, attempts: attempt }: TakenDelivery) {
  return { id, webhookId, attempt };
}

/** The line of one try in the log of its delivery. */
function logged({ attempts: attempt }: TakenDelivery, { request, begun, durationMs }: Try, facts: Facts) {
  const log = {
    attempt,
    at: begun.toISOString(),
    duration_ms: Math.round(durationMs),
    response_status: facts.responseStatus,
    response_body: facts.responseBody?.slice(0, loggedCharacters) ?? null,
    error: facts.error,
  };
  return { request, log };
}

/** The result for a delivery whose webhook was switched off or deleted meanwhile. */
export function notSent(delivery: TakenDelivery): DeliveryResult {
  const empty = { retryInMs: null, responseStatus: null, responseBody: null, durationMs: null };
  return {
    ...identityOf(delivery),
    status: 'failed',
    error: 'The webhook is not active',
    ...empty,
  };
}

/** The result for a delivery whose sending our own shutdown cut off: nobody knows whether it arrived, so it is due again. */
export function cutOff(delivery: TakenDelivery, tried: Try): DeliveryResult {
  const facts = {
    responseStatus: null,
    responseBody: null,
    durationMs: null,
    error: 'Cut off by a shutdown',
  };
  const what = logged(delivery, tried, facts);
  return { ...identityOf(delivery), ...facts, tried: what, status: 'pending', retryInMs: 0 };
}

function describe(fault: unknown): string {
  if (!(fault instanceof Error)) return 'The request failed';
  if (fault instanceof PrivateAddressError) return fault.message;
  if (isTimeout(fault)) return 'No answer in time';
  const code = 'code' in fault && typeof fault.code === 'string' ? `${fault.code}: ` : '';
  // a connection tried on several addresses fails with one error for all of them, which has no message of its own
  const message =
    fault instanceof AggregateError && fault.message === '' ? 'no address answered' : fault.message;
  return `${code}${message}`.replaceAll('\0', '').slice(0, 300);
}

export function isTimeout(fault: unknown): boolean {
  if (!(fault instanceof Error)) return false;
  return fault instanceof AnswerTimeoutError || ('code' in fault && fault.code === 'ETIMEDOUT');
}
