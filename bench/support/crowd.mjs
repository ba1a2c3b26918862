import { fork } from 'node:child_process';
import { join } from 'node:path';

const perUser = 50;

/** Sockets of several users in a process of their own; a user may have 50. */
export class Crowd {
  #child = fork(join(import.meta.dirname, 'listeners.mjs'));

  /** Opens sockets that subscribe to one topic; resolves when all of them have. */
  async open(api, count, topic) {
    const users = Math.ceil(count / perUser);
    const tokens = [];
    for (let i = 0; i < users; i += 1) tokens.push(await this.#user(api));
    const ready = this.#message('ready');
    this.#child.send({ url: api.url, tokens, perToken: Math.ceil(count / users), topic });
    const { ready: opened } = await ready;
    return opened;
  }

  /** What all of them have received, once the output they listen to has ended for each. */
  received() {
    return this.#message('bytes');
  }

  async close() {
    this.#child.send({});
    await new Promise((resolve) => this.#child.once('exit', resolve));
  }

  async #user(api) {
    const username = `crowd-${Math.random().toString(36).slice(2)}`;
    const password = 'crowd-password';
    await api.post('/api/users', { username, password, email: `${username}@example.org`, role: 'admin' });
    return (await api.post('/api/auth/login', { username, password })).access_token;
  }

  #message(field) {
    return new Promise((resolve, reject) => {
      const listen = (message) => {
        if (message[field] === undefined) return;
        this.#child.off('message', listen);
        resolve(message);
      };
      this.#child.on('message', listen);
      this.#child.once('exit', (code) => reject(new Error(`the sockets' process ended (${code})`)));
    });
  }
}
