import type { Socket } from 'node:net';
import { Client } from 'pg';

interface Authenticating {
  connection: { stream: Socket & { encrypted?: boolean }; emit: (event: 'error', error: Error) => void };
  host: string;
}

type Answer = (this: Client & Authenticating, message: unknown) => void;

/** The library has no setting for it. */
const handler = '_handleAuthCleartextPassword';
/** SQLSTATE of a connection that the client cannot establish: whoever answers is not Postgres, which is away. */
const cannotConnect = '08001';
const prototype = Client.prototype as unknown as { [handler]: Answer };
const answer = prototype[handler];

/**
 * A server that asks for a password in clear text is sent it by the library, whoever that server is: on loopback any command can
 * take the port of a Postgres that is down. So it is refused, except over TLS and over Unix sockets.
 */
prototype[handler] = function refuseCleartext(message) {
  if (this.connection.stream.encrypted || this.host.startsWith('/')) return answer.call(this, message);
  const text =
    'The database asks for a password in clear text without TLS: set sslmode, or use scram-sha-256';
  this.connection.emit('error', Object.assign(new Error(text), { code: cannotConnect }));
};
