import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** The text of a notice after which the answer to the commit is lost. */
export const cutHere = 'cut here';
/** The message with which Postgres reports that it is idle again: the transaction has been committed. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * Stands between a server and Postgres. After a transaction has raised the notice `cutHere`, its commit is carried out, and the connection
 * breaks before the answer arrives, as when a network or Postgres fails at that moment.
 */
export class CommitProxy {
  /** The number of connections that were cut. */
  cuts = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.pass(socket));
  private target!: URL;

  /** Listens. @returns the URL of the database through the proxy */
  async start(databaseUrl: string): Promise<string> {
    this.target = new URL(databaseUrl);
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const proxied = new URL(databaseUrl);
    proxied.hostname = '127.0.0.1';
    proxied.port = String((this.server.address() as AddressInfo).port);
    return proxied.href;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(socket: Socket): void {
    const onward = connect(Number(this.target.port), this.target.hostname);
    const both = [socket, onward];
    const close = () => both.forEach((one) => one.destroy());
    let isMarked = false;
    onward.on('data', (chunk) => {
      isMarked ||= chunk.includes(cutHere);
      if (!isMarked) socket.write(chunk);
      else if (chunk.subarray(-readyForQuery.length).equals(readyForQuery)) {
        this.cuts += 1;
        close();
      }
    });
    socket.pipe(onward);
    for (const one of both) {
      this.sockets.add(one);
      one.on('error', close).on('close', () => {
        this.sockets.delete(one);
        close();
      });
    }
  }
}
