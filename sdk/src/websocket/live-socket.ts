import { backoff, delay } from '../http/delay.js';
import { ConnectionError } from '../http/errors.js';
import type { Tokens } from '../http/tokens.js';
import { OutputFrame, type RawFrame } from '../output/frame.js';
import { Connection, type Received } from './connection.js';
import type { Channel, Listener, MessageMap, MessageType, SentMap, Topic } from './messages.js';
import { Subscription } from './subscription.js';

const longestBackoffMs = 15_000;
const normal = 1000;
/** Close codes of the server: unauthenticated, token expired, forbidden. */
const unauthenticated = 4401;
const expired = 4419;
const forbidden = 4403;

/** A live connection that reconnects automatically. */
export class LiveSocket {
  private readonly listeners = new Map<string, Set<(data: never) => void>>();
  private readonly subscriptions: Subscription[] = [];
  /** Subscriptions that await an answer; the server answers in the order of the requests. */
  private pending: Subscription[] = [];
  private connection!: Connection;
  private token: string | undefined;
  private isOpen = false;
  private isOver = false;
  private tries = 0;
  /** How many tokens the server has refused since the last sign-in. */
  private refusals = 0;
  private readonly closing = new AbortController();
  /** Stops the renewal of the token. The server closes the connection when its token expires. */
  private stopRenewal: () => void = () => undefined;

  constructor(
    private readonly url: string,
    private readonly tokens: Tokens,
  ) {
    this.connect();
  }

  /** Calls a listener for each message of a type. @returns a function that removes the listener */
  on<T extends MessageType>(type: T, listener: Listener<T>): () => void {
    const listeners = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, listeners.add(listener));
    return () => this.off(type, listener);
  }

  off<T extends MessageType>(type: T, listener: Listener<T>): void {
    this.listeners.get(type)?.delete(listener);
  }

  /** Waits for the next message of a type. @throws ConnectionError when the connection is closed first */
  async once<T extends MessageType>(type: T): Promise<MessageMap[T]> {
    if (this.isOver) throw new ConnectionError('The connection is closed');
    return new Promise((resolve, reject) => {
      const stops = [
        this.on(type, (data) => (end(), resolve(data))),
        this.on(
          'close',
          ({ reason }) => (end(), reject(new ConnectionError(`The connection was closed: ${reason}`))),
        ),
      ];
      const end = () => stops.forEach((stop) => stop());
    });
  }

  /**
   * Subscribes to a channel, also after each reconnection. Output is resumed where it was interrupted.
   * @returns a promise that resolves when the server accepts; it need not be awaited, since a refusal is an `error` message too
   * @throws ApiError PROJECT_NOT_FOUND, TASK_NOT_FOUND, RESOURCE_NOT_FOUND, VALIDATION_REQUIRED_FIELD
   */
  subscribe(channel: Channel, topic: Topic = {}): Promise<void> {
    const subscription = new Subscription(channel, { ...topic });
    if (this.isOver) subscription.abandon(new ConnectionError('The connection is closed'));
    else {
      this.subscriptions.push(subscription);
      if (this.isOpen) this.request(subscription);
    }
    return subscription.accepted;
  }

  /** Ends the subscriptions to a channel with the same topic. */
  unsubscribe(channel: Channel, topic: Topic = {}): void {
    for (const subscription of this.subscriptions.filter((one) => one.isSameAs(channel, topic)))
      this.drop(subscription);
    if (this.isOpen) this.connection.send('unsubscribe', { channel, ...topic, fromOffset: undefined });
  }

  /** Sends a message, once the connection is open. */
  async send<T extends keyof SentMap>(type: T, body: SentMap[T]): Promise<void> {
    if (!this.isOpen) await this.once('open');
    this.connection.send(type, body);
  }

  /** Closes the connection; it does not reconnect. */
  close(): void {
    this.finish(normal, 'Closed by the client');
  }

  private connect(): void {
    const connection: Connection = new Connection(this.url, {
      open: () => void this.authenticate(connection),
      message: (message) => this.receive(message),
      close: (code, reason) => this.onClose(code, reason),
    });
    this.connection = connection;
  }

  private async authenticate(connection: Connection): Promise<void> {
    try {
      this.token = await this.tokens.current();
      connection.send('authenticate', { token: this.token ?? '' });
    } catch (error) {
      connection.close(unauthenticated, error instanceof Error ? error.message : String(error));
    }
  }

  private receive({ type, data }: Received): void {
    switch (type) {
      case 'authenticated':
        // a renewed token has replaced the previous one
        if (this.isOpen) return;
        [this.isOpen, this.tries, this.refusals] = [true, 0, 0];
        this.pending = [];
        this.stopRenewal = this.tokens.keepFresh(() => void this.authenticate(this.connection));
        for (const subscription of this.subscriptions) this.request(subscription);
        return this.emit('open', data as MessageMap['open']);
      case 'subscribed':
        this.pending.shift()?.accept(data as Topic);
        return;
      case 'command_output':
        return this.receiveOutput(data as RawFrame);
      case 'error':
        return this.receiveError(data as MessageMap['error']);
      default:
        this.emit(type as MessageType, data as never);
    }
  }

  private receiveOutput(frame: RawFrame): void {
    const subscription = this.subscriptions.find((one) => one.advance(frame));
    if (!frame.end) return this.emit('command_output', new OutputFrame(frame));
    // the server ends the subscription with the output
    if (subscription) this.drop(subscription);
    const { commandId, exitCode = null, total = frame.offset } = frame;
    this.emit('command_end', { commandId, exitCode, total });
  }

  private receiveError(error: MessageMap['error']): void {
    if (error.request === 'authenticate') return this.connection.close(unauthenticated, error.message);
    if (error.request === 'subscribe') {
      const refused = this.pending.shift();
      if (refused) this.drop(refused);
      refused?.refuse(error);
    }
    this.emit('error', error);
  }

  private onClose(code: number, reason: string): void {
    this.isOpen = false;
    this.stopRenewal();
    if (this.isOver) return;
    void this.reconnect(code, reason).catch(() => undefined);
  }

  private async reconnect(code: number, reason: string): Promise<void> {
    if (code === forbidden) return this.finish(code, reason);
    if (code === unauthenticated || code === expired) {
      this.refusals += 1;
      const renewed = this.token !== undefined && this.refusals < 3 && (await this.tokens.renew(this.token));
      if (!renewed) return this.finish(code, reason);
    }
    this.tries += 1;
    const wait = backoff(this.tries, longestBackoffMs, 250);
    this.emit('reconnecting', { tries: this.tries, delay: wait, code, reason });
    await delay(wait, this.closing.signal);
    this.connect();
  }

  private request(subscription: Subscription): void {
    this.pending.push(subscription);
    this.connection.send('subscribe', subscription.request);
  }

  private drop(subscription: Subscription): void {
    const index = this.subscriptions.indexOf(subscription);
    if (index >= 0) this.subscriptions.splice(index, 1);
  }

  private finish(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isOpen = false;
    this.stopRenewal();
    this.closing.abort(new ConnectionError('The connection is closed'));
    this.connection.close(normal, reason);
    for (const subscription of this.subscriptions)
      subscription.abandon(new ConnectionError(`The connection was closed: ${reason}`));
    this.emit('close', { code, reason });
  }

  private emit<T extends MessageType>(type: T, data: MessageMap[T]): void {
    for (const listener of this.listeners.get(type) ?? []) (listener as Listener<T>)(data);
  }
}
