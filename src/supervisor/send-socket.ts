import type { ChildProcess, Serializable } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Sends a socket to a child process, which gets every byte that arrives on it. Node goes on reading a socket that it has sent, and drops
 * what it reads, until the child has confirmed it: a busy child would miss what the other end sends first.
 * @param socket a socket of which nothing has been read yet, as in the turn of the event loop in which it was made
 */
export function sendSocket(child: ChildProcess, message: Serializable, socket: Socket): void {
  stopReading(socket);
  child.send(message, socket, {}, () => {});
}

/** Does what `pause` does not, which only keeps what was read from being emitted. Node has no public method for it. */
function stopReading(socket: Socket): void {
  // oxlint-disable-next-line no-underscore-dangle -- the name is Node's
  (socket as unknown as { _handle: { readStop: () => void } | null })._handle?.readStop();
}
