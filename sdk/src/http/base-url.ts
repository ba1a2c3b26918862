import { MillraceError } from './errors.js';
import type { TransportOptions } from './transport.js';

/** Thrown when `baseURL` does not lead to the API. */
export class BaseURLError extends MillraceError {
  /** The URL of the API, when it was found. */
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

const timeoutMs = 5_000;

/**
 * Looks for the API at `/api` below the base URL, in case that was forgotten.
 * @returns its URL, undefined when it is not there
 */
export async function findApi({ baseURL, fetch }: TransportOptions): Promise<string | undefined> {
  if (baseURL.endsWith('/api')) return undefined;
  const apiURL = `${baseURL}/api`;
  try {
    const response = await fetch(`${apiURL}/health/live`, { signal: AbortSignal.timeout(timeoutMs) });
    const { data } = (await response.json()) as { data?: { status?: unknown } | null };
    return data?.status === 'alive' ? apiURL : undefined;
  } catch {
    return undefined;
  }
}
