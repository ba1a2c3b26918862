import { MillraceError } from './errors.js';
import type { TransportOptions } from './transport.js';

/** `baseURL` leads to something else than the API. */
export class BaseURLError extends MillraceError {
  /** Where the API is, if it was found. */
  readonly apiURL: string | undefined;

  constructor(baseURL: string, apiURL?: string) {
    super(
      apiURL === undefined
        ? `${baseURL} answers, but not as Millrace does: is it the address of the API, such as http://localhost:8000/api?`
        : `${baseURL} is Millrace, but not its API: use ${apiURL}`,
    );
    this.apiURL = apiURL;
  }
}

const patienceMs = 5_000;

/**
 * Looks for the API one folder below, where it is when `/api` was forgotten.
 * @returns its URL, undefined when it is not there
 */
export async function findApi({ baseURL, fetch }: TransportOptions): Promise<string | undefined> {
  if (baseURL.endsWith('/api')) return undefined;
  const apiURL = `${baseURL}/api`;
  try {
    const response = await fetch(`${apiURL}/health/live`, { signal: AbortSignal.timeout(patienceMs) });
    const { data } = (await response.json()) as { data?: { status?: unknown } | null };
    return data?.status === 'alive' ? apiURL : undefined;
  } catch {
    return undefined;
  }
}
