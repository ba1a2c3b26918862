import { fillPath } from '../http/path.js';
import type { Tokens } from '../http/tokens.js';
import { LiveSocket } from './live-socket.js';

/** Opens live connections; `client.websocket` is one. */
export class WebSocketApi {
  /** @param url of the WebSocket endpoint, without the session id */
  constructor(
    private readonly url: string,
    private readonly tokens: Tokens,
  ) {}

  /**
   * Opens a live connection and returns at once. Subscriptions made before it is open are sent when it opens. A broken connection
   * reconnects and subscribes again.
   *
   *     const ws = client.websocket.connect(session.sessionId);
   *     ws.on('task_update', ({ taskId, status }) => console.log(taskId, status));
   *     ws.subscribe('task_updates', { projectId: 'SHOP' });
   *
   * @param sessionId the work session in which actions are recorded, or any other name of 1 to 128 letters, digits, `.`, `_`, `-`
   * @throws ArgumentError when it is empty
   */
  connect(sessionId: string): LiveSocket {
    return new LiveSocket(
      this.url.replace(/\/+$/, '') + fillPath('/{sessionId}', { sessionId }),
      this.tokens,
    );
  }
}
