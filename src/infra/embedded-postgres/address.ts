import { closeSync, constants, openSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresFolder } from './folder.js';
import type { Postmaster } from './postmaster.js';

/** Where a client of this process finds Postgres, as libpq and pg take it: a host that begins with a slash is the folder of a socket. */
export interface ServerAddress {
  host: string;
  /** Without TCP it is part of the name of the socket. */
  port: number;
}

/** An address, and what has to stay open for it until `release`. */
export interface HeldAddress extends ServerAddress {
  release: () => void;
}

const usualPort = 5432;
/** The bytes of `sun_path` in unix(7), without the NUL at its end. */
const longestPath = 107;

/**
 * Gives the address of the Postgres of a data folder. A path that is too long for a socket is led by a descriptor of the data folder,
 * so it has a meaning in this process only. On macOS, which has no /proc, Postgres refuses to start there and says why.
 *
 * @param tcpPort a port of 127.0.0.1 that is used instead of the socket
 */
export function holdAddress({ root, socketFolder }: PostgresFolder, tcpPort?: number): HeldAddress {
  const keepNothing = () => undefined;
  if (tcpPort !== undefined) return { host: '127.0.0.1', port: tcpPort, release: keepNothing };
  const isShort = Buffer.byteLength(socketPath({ host: socketFolder, port: usualPort })) <= longestPath;
  if (isShort || process.platform !== 'linux')
    return { host: socketFolder, port: usualPort, release: keepNothing };
  // A FileHandle would be closed when it is collected. The folder of the socket is made anew at each start of Postgres, its parent is not.
  const descriptor = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  const host = `/proc/self/fd/${descriptor}${socketFolder.slice(root.length)}`;
  return { host, port: usualPort, release: () => closeSync(descriptor) };
}

export const isTcp = ({ host }: ServerAddress): boolean => !host.startsWith('/');

/** Whether a running Postgres listens at an address and nowhere else; versions before listened on a port of loopback. */
export async function listensAt(running: Postmaster, address: ServerAddress): Promise<boolean> {
  if (running.port !== address.port || running.listensOnTcp !== isTcp(address)) return false;
  if (isTcp(address)) return true;
  return access(socketPath(address)).then(
    () => true,
    () => false,
  );
}

/**
 * The URL of a database at an address. The folder of a socket is its encoded host, which `pg`, TypeORM and libpq know, and not a
 * parameter: a program that does not know it cannot connect anywhere, and sends the password to nobody.
 */
export function urlOf(
  { host, port }: ServerAddress,
  user: string,
  password: string,
  database: string,
): string {
  return `postgres://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`;
}

/** Postgres gives its socket this name. */
function socketPath({ host, port }: ServerAddress): string {
  return join(host, `.s.PGSQL.${port}`);
}
