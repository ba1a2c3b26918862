import { WebSocket } from 'ws';

/** A plain WebSocket client that has signed in. */
export class Socket {
  #waiting = [];
  onMessage = () => undefined;

  static async open(url, token) {
    const socket = new Socket();
    socket.ws = new WebSocket(`${url.replace('http', 'ws')}/ws/bench`, {
      perMessageDeflate: false,
      maxPayload: 0,
    });
    socket.ws.on('message', (data) => socket.#receive(data));
    socket.ws.on('error', () => undefined);
    await new Promise((resolve, reject) => socket.ws.once('open', resolve).once('error', reject));
    await socket.ask({ type: 'authenticate', token }, 'authenticated');
    return socket;
  }

  /** Sends a message and waits for its answer. */
  ask(message, answer) {
    const waiting = this.next((got) => got.type === answer || got.type === 'error');
    this.ws.send(JSON.stringify(message));
    return waiting.then((got) => {
      if (got.type === 'error') throw new Error(JSON.stringify(got));
      return got;
    });
  }

  subscribe(topic) {
    return this.ask({ type: 'subscribe', ...topic }, 'subscribed');
  }

  /** The next message that is the one. */
  next(isIt) {
    return new Promise((resolve) => this.#waiting.push({ isIt, resolve }));
  }

  close() {
    this.ws.terminate();
  }

  #receive(data) {
    const message = JSON.parse(data.toString());
    this.onMessage(message);
    const index = this.#waiting.findIndex(({ isIt }) => isIt(message));
    if (index >= 0) this.#waiting.splice(index, 1)[0].resolve(message);
  }
}
