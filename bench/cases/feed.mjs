import { projects } from '../data/seed.mjs';
import { inFlight } from '../support/api.mjs';
import { median, now, percentile } from '../support/figures.mjs';

const listeners = 100;
/** A user may have fifty streams. */
const users = 4;
const changes = 500;
const atOnce = 8;
const rounds = 3;

/** Measures how long a change takes to a hundred listeners of the activity, and what they cost those who write. */
export default async function feed(world, report) {
  const url = await world.fresh('feed');
  const server = await world.millrace({
    DATABASE_URL: url,
    RATE_LIMIT_ENABLED: 'false',
    DATABASE_POOL_SIZE: '20',
  });
  const api = await server.signIn();
  const tokens = [];
  for (let i = 0; i < users; i += 1) {
    const who = { username: `listener${i}`, password: 'the password of a listener' };
    const { id } = await api.post('/api/users', {
      ...who,
      email: `${who.username}@example.org`,
      role: 'viewer',
    });
    await api.call('PUT', `/api/projects/${projects.made}/members/${id}`, { role: 'viewer' });
    tokens.push((await api.post('/api/auth/login', who)).access_token);
  }
  await change(api, []);
  const rates = { none: [], many: [] };
  const delays = [];
  for (let round = 0; round < rounds; round += 1) {
    rates.none.push(await change(api, []));
    const open = [];
    for (let i = 0; i < listeners; i += 1) open.push(await Listener.open(server.url, tokens[i % users]));
    rates.many.push(await change(api, open));
    delays.push(...open.flatMap((listener) => listener.delays));
    for (const listener of open) listener.close();
  }
  report.note(
    `a change at ${listeners} listeners, p50`,
    percentile(delays, 50),
    'ms',
    'after its request was sent',
  );
  report.note(
    `a change at ${listeners} listeners, p99`,
    percentile(delays, 99),
    'ms',
    'after its request was sent',
  );
  const reference = { name: 'without listeners', value: median(rates.none) };
  report.ratio(`tasks created with ${listeners} listeners`, median(rates.many), 'tasks/s', reference, 0.4);
  await world.stop(server);
}

/**
 * Creates tasks, and waits until each listener has heard of all of them, once and in order.
 * @returns tasks a second
 */
async function change(api, open) {
  const sent = new Map();
  for (const listener of open) listener.expect(sent);
  const begun = now();
  await inFlight(changes, atOnce, async (i) => {
    const title = `change ${begun} ${i}`;
    sent.set(title, now());
    await api.post('/api/tasks', { project_id: projects.made, title });
  });
  const rate = changes / ((now() - begun) / 1000);
  await Promise.all(open.map((listener) => listener.all));
  return rate;
}

class Listener {
  delays = [];
  #controller = new AbortController();
  #last = 0;

  static async open(url, token) {
    const listener = new Listener();
    const response = await fetch(`${url}/api/events?types=task`, {
      headers: { authorization: `Bearer ${token}` },
      signal: listener.#controller.signal,
    });
    if (response.status !== 200) throw new Error(`the feed answered ${response.status}`);
    void listener.#read(response).catch(() => undefined);
    return listener;
  }

  expect(sent) {
    this.sent = sent;
    this.all = new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.delays.length} of ${changes} arrived`)),
        60_000,
      );
      this.done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.fail = reject;
    });
  }

  async #read(response) {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data) this.#take(JSON.parse(data));
      }
    }
  }

  #take({ sequence, new_value }) {
    const at = this.sent.get(new_value?.title);
    if (at === undefined) return;
    if (sequence <= this.#last) this.fail(new Error(`${sequence} came after ${this.#last}`));
    this.#last = sequence;
    this.delays.push(now() - at);
    if (this.delays.length === changes) this.done();
  }

  close() {
    this.#controller.abort();
  }
}
