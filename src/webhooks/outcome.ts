import { AnswerTimeoutError, PrivateAddressError, type Answer } from './outbound.js';
import type { DeliveryResult, SentRequest, TakenDelivery } from './outbox.queries.js';
import { retryAfterMs, retryDelay } from './retry-schedule.js';

/** The event of a test message. It is attempted once, since a client waits for the result. */
export const testEvent = 'ping';

/** The number of characters of a response in the log of attempts; more is stored of the last response. */
const loggedCharacters = 500;

/** The result of an attempt: a response, or the error that prevented one. */
export type Attempt = { request: SentRequest; begun: Date; durationMs: number } & (
  { answer: Answer } | { fault: unknown }
);

/** Whether the receiver has responded 410 Gone (RFC 9110 §15.5.11). */
export function isGone(attempt: Attempt): boolean {
  return 'answer' in attempt && attempt.answer.status === 410;
}

/** Returns the result of an attempt: delivered after a 2xx, failed when no attempt is left or the receiver is gone, else due again. */
export function resultOf(delivery: TakenDelivery, attempt: Attempt, now = Date.now()): DeliveryResult {
  const answer = 'answer' in attempt ? attempt.answer : undefined;
  const delivered = answer !== undefined && answer.status >= 200 && answer.status < 300;
  const tries = delivery.attempts - delivery.attempts_before;
  const final = delivery.event === testEvent || isGone(attempt);
  const delay = delivered || final ? undefined : retryDelay(tries);
  const facts = {
    responseStatus: answer?.status ?? null,
    responseBody: answer?.body ?? null,
    error: delivered
      ? null
      : answer
        ? `The receiver answered ${answer.status}`
        : describe('fault' in attempt && attempt.fault),
    durationMs: Math.round(attempt.durationMs),
  };
  return {
    ...identityOf(delivery),
    ...facts,
    ...(delivered ? { healthy: true } : delivery.event === testEvent ? {} : { healthy: false }),
    logged: logged(delivery, attempt, facts),
    status: delivered ? 'delivered' : delay === undefined ? 'failed' : 'pending',
    retryInMs:
      delay === undefined
        ? null
        : Math.max(delay - attempt.durationMs, retryAfterMs(answer?.retryAfter, now), 0),
  };
}

type Facts = Pick<DeliveryResult, 'responseStatus' | 'responseBody' | 'error' | 'durationMs'>;

function identityOf({ id, webhook_id: webhookId, attempts: attempt }: TakenDelivery) {
  return { id, webhookId, attempt };
}

/** Returns the entry of an attempt in the log of its delivery. */
function logged({ attempts: attempt }: TakenDelivery, { request, begun, durationMs }: Attempt, facts: Facts) {
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

/** Returns the result for a delivery whose webhook was deactivated or deleted meanwhile. */
export function notSentResult(delivery: TakenDelivery): DeliveryResult {
  const empty = { retryInMs: null, responseStatus: null, responseBody: null, durationMs: null };
  return {
    ...identityOf(delivery),
    status: 'failed',
    error: 'The webhook is not active',
    ...empty,
  };
}

/** Returns the result for a delivery that a shutdown has aborted. It may or may not have arrived, so it is due again. */
export function abortedResult(delivery: TakenDelivery, attempt: Attempt): DeliveryResult {
  const facts = {
    responseStatus: null,
    responseBody: null,
    durationMs: null,
    error: 'Cut off by a shutdown',
  };
  const what = logged(delivery, attempt, facts);
  return { ...identityOf(delivery), ...facts, logged: what, status: 'pending', retryInMs: 0 };
}

function describe(fault: unknown): string {
  if (!(fault instanceof Error)) return 'The request failed';
  if (fault instanceof PrivateAddressError) return fault.message;
  if (isTimeout(fault)) return 'No answer in time';
  const code = 'code' in fault && typeof fault.code === 'string' ? `${fault.code}: ` : '';
  // a connection that was tried on several addresses fails with one AggregateError without a message
  const message =
    fault instanceof AggregateError && fault.message === '' ? 'no address answered' : fault.message;
  return `${code}${message}`.replaceAll('\0', '').slice(0, 300);
}

export function isTimeout(fault: unknown): boolean {
  if (!(fault instanceof Error)) return false;
  return fault instanceof AnswerTimeoutError || ('code' in fault && fault.code === 'ETIMEDOUT');
}
