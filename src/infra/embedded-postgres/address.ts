import { closeSync, constants, openSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresFolder } from './folder.js';
import type { Postmaster } from './postmaster.js';

/** An address of Postgres as libpq and pg use it: a host that begins with a slash is the folder of a socket. */
export interface ServerAddress {
  host: string;
  /** The port, which is a part of the socket's name without TCP. */
  port: number;
}

/** An address that is valid until `release`, which closes the descriptor that it may depend on. */
export interface HeldAddress extends ServerAddress {
  release: () => void;
}

const usualPort = 5432;
/** The length of `sun_path` in unix(7), without the NUL at its end. */
const longestPath = 107;

/**
 * Returns the address of the Postgres of a data folder. A path that is too long for a socket is replaced by one through a descriptor of the
 * data folder, which is only valid in this process. On macOS, which has no /proc, Postgres refuses to start with such a path.
 *
 * @param tcpPort a port of 127.0.0.1 that is used instead of the socket
 */
export function holdAddress({ root, socketFolder }: PostgresFolder, tcpPort?: number): HeldAddress {
  const keepNothing = () => undefined;
  if (tcpPort !== undefined) return { host: '127.0.0.1', port: tcpPort, release: keepNothing };
  const isShort = Buffer.byteLength(socketPath({ host: socketFolder, port: usualPort })) <= longestPath;
  if (isShort || process.platform !== 'linux')
    return { host: socketFolder, port: usualPort, release: keepNothing };
  // A FileHandle would be closed by the garbage collector. The socket's folder is recreated at each start of Postgres, unlike its parent.
  const descriptor = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  const host = `/proc/self/fd/${descriptor}${socketFolder.slice(root.length)}`;
  return { host, port: usualPort, release: () => closeSync(descriptor) };
}

export const isTcp = ({ host }: ServerAddress): boolean => !host.startsWith('/');

/** Whether a running Postgres listens only at an address; that of an earlier version listened on a loopback port. */
export async function listensAt(running: Postmaster, address: ServerAddress): Promise<boolean> {
  if (running.port !== address.port || running.listensOnTcp !== isTcp(address)) return false;
  if (isTcp(address)) return true;
  return access(socketPath(address)).then(
    () => true,
    () => false,
  );
}

/**
 * Returns the URL of a database at an address. The folder of a socket is the encoded host, which `pg`, TypeORM and libpq support, and not a
 * parameter: a program that does not support it cannot connect to any host, and so sends the password to nobody.
 */
export function urlOf(
  { host, port }: ServerAddress,
  user: string,
  password: string,
  database: string,
): string {
  return `postgres://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`;
}

/** Returns the path of the socket, which Postgres names by its port. */
function socketPath({ host, port }: ServerAddress): string {
  return join(host, `.s.PGSQL.${port}`);
}
