import { fillPath } from '../http/path.js';
import type { Tokens } from '../http/tokens.js';
import { LiveSocket } from './live-socket.js';

/** Where live connections begin. */
export class WebSocketDoor {
  /** @param url without the session */
  constructor(
    private readonly url: string,
    private readonly tokens: Tokens,
  ) {}

  /**
   * Opens a live connection. It is there at once: what is subscribed before it stands is sent when it does, and when it breaks
   * it is opened again with everything that was subscribed.
   *
   *     const ws = client.websocket.connect(session.sessionId);
   *     ws.on('task_update', ({ taskId, status }) => console.log(taskId, status));
   *     ws.subscribe('task_updates', { projectId: 'SHOP' });
   *
   * @param sessionId a work session, which what is done belongs to; any other name of 1 to 128 letters, digits, `.`, `_`, `-`
   * will do
   * @throws ArgumentError when it is empty
   */
  connect(sessionId: string): LiveSocket {
    return new LiveSocket(
      this.url.replace(/\/+$/, '') + fillPath('/{sessionId}', { sessionId }),
      this.tokens,
    );
  }
}
