import {
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach } from 'vitest';

/** What becomes of a request: lost on its way, done though its answer is lost, or answered in place of the server. */
export type Fault = 'lose-request' | 'lose-answer' | { status: number; headers?: Record<string, string> };

const open: FaultProxy[] = [];
afterEach(() => Promise.all(open.splice(0).map((proxy) => proxy.stop())));

/** Stands between a client and a server as a bad network would; gone after the test that started it. */
export class FaultProxy {
  /** Taken by the next requests, one each. */
  readonly faults: Fault[] = [];
  /** Method and path of each request that came. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(private readonly target: URL) {
    this.server = createServer((request, response) => this.pass(request, response));
    this.server.on('connection', (socket) => this.keep(socket));
    this.server.on('upgrade', (request, socket: Socket, head) => this.upgrade(request, socket, head));
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target));
    open.push(proxy);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection that is open. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = request;
    this.requests.push(`${method} ${path}`);
    this.headers.push(headers);
    const fault = this.faults.shift();
    if (fault === 'lose-request') return void request.socket.destroy();
    if (typeof fault === 'object') {
      request.resume();
      return void response.writeHead(fault.status, fault.headers).end();
    }
    const { hostname, port } = this.target;
    const onward = forward({ hostname, port, method, path, headers }, (answer) => {
      if (fault === 'lose-answer') {
        answer.resume().on('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.requests.push(`UPGRADE ${request.url}`);
    const onward = connect(Number(this.target.port), this.target.hostname, () => {
      const lines = request.rawHeaders.flatMap((text, index, all) =>
        index % 2 ? [] : `${text}: ${all[index + 1]}`,
      );
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    this.keep(onward);
    for (const one of [socket, onward]) one.on('error', () => one.destroy());
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
