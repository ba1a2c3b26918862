import type { Socket } from 'node:net';
import { Client } from 'pg';

interface Authenticating {
  connection: { stream: Socket & { encrypted?: boolean }; emit: (event: 'error', error: Error) => void };
  host: string;
}

type Handler = (this: Client & Authenticating, message: unknown) => void;

/** A private method of `pg`, which has no setting to refuse passwords in clear text. */
const handler = '_handleAuthCleartextPassword';
/** SQLSTATE of a connection that could not be established; it counts as an unreachable Postgres, since another program answered. */
const cannotConnect = '08001';
const prototype = Client.prototype as unknown as { [handler]: Handler };
const sendPassword = prototype[handler];

/**
 * Refuses to send a password in clear text, except over TLS and Unix sockets. `pg` sends it to any server that asks for it, and on
 * loopback any command can listen on the port of a Postgres that is down.
 */
prototype[handler] = function refuseCleartext(message) {
  if (this.connection.stream.encrypted || this.host.startsWith('/')) return sendPassword.call(this, message);
  const text =
    'The database asks for a password in clear text without TLS: set sslmode, or use scram-sha-256';
  this.connection.emit('error', Object.assign(new Error(text), { code: cannotConnect }));
};
