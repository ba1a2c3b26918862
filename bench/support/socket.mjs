import { WebSocket } from 'ws';

/** An authenticated WebSocket client. */
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
    await socket.request({ type: 'authenticate', token }, 'authenticated');
    return socket;
  }

  /** Sends a message and waits for the response. */
  request(message, answer) {
    const waiting = this.next((got) => got.type === answer || got.type === 'error');
    this.ws.send(JSON.stringify(message));
    return waiting.then((got) => {
      if (got.type === 'error') throw new Error(JSON.stringify(got));
      return got;
    });
  }

  subscribe(topic) {
    return this.request({ type: 'subscribe', ...topic }, 'subscribed');
  }

  /** Returns the next message that matches. */
  next(matches) {
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  close() {
    this.ws.terminate();
  }

  #receive(data) {
    const message = JSON.parse(data.toString());
    this.onMessage(message);
    const index = this.#waiting.findIndex(({ matches }) => matches(message));
    if (index >= 0) this.#waiting.splice(index, 1)[0].resolve(message);
  }
}
