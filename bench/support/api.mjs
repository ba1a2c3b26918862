import { Pool } from 'undici';

/** A client of the API with keep-alive connections. */
export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.pool = new Pool(url, { connections: 32 });
  }

  /** Sends a request. @returns the `data` of the response @throws when it is an error */
  call(method, path, body) {
    return this.#send(method, path, body === undefined ? undefined : JSON.stringify(body));
  }

  /** Posts a text as it is. @returns the `data` of the response @throws when it is an error */
  raw(path, text) {
    return this.#send('POST', path, text);
  }

  async #send(method, path, body) {
    const { statusCode, body: answer } = await this.pool.request({
      method,
      path,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body,
    });
    // without content
    if (statusCode === 204) {
      await answer.dump();
      return undefined;
    }
    const { data, error } = await answer.json();
    if (error)
      throw new Error(`${method} ${path}: ${error.code} ${error.message} ${JSON.stringify(error.details)}`);
    return data;
  }

  get = (path) => this.call('GET', path);
  post = (path, body) => this.call('POST', path, body);

  /** Reads a body as text. @throws when the status is not 200 */
  async text(path) {
    const headers = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    const { statusCode, body } = await this.pool.request({ method: 'GET', path, headers });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${text.slice(0, 200)}`);
    return text;
  }

  close() {
    return this.pool.destroy();
  }
}

/** Runs `work` for 0 to n − 1 with a limited concurrency. */
export async function inFlight(n, atOnce, work) {
  let next = 0;
  const lane = async () => {
    while (next < n) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, n) }, lane));
}
