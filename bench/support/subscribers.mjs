import { fork } from 'node:child_process';
import { join } from 'node:path';

const perUser = 50;

/** WebSocket subscribers in a process of their own. They are spread over several users, since a user may have 50 connections. */
export class Subscribers {
  #child = fork(join(import.meta.dirname, 'subscriber-process.mjs'));

  /** Opens sockets that subscribe to one topic. @returns the number of sockets, when all have subscribed */
  async open(api, count, topic) {
    const users = Math.ceil(count / perUser);
    const tokens = [];
    for (let i = 0; i < users; i += 1) tokens.push(await this.#user(api));
    const ready = this.#message('ready');
    this.#child.send({ url: api.url, tokens, perToken: Math.ceil(count / users), topic });
    const { ready: opened } = await ready;
    return opened;
  }

  /** Returns the frames and bytes that all sockets together have received, after the end of the output on each of them. */
  received() {
    return this.#message('bytes');
  }

  async close() {
    if (!this.#child.connected) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.send({});
    await ended;
  }

  async #user(api) {
    const username = `subscriber-${Math.random().toString(36).slice(2)}`;
    const password = 'subscriber-password';
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
