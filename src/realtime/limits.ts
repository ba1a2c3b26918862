const MiB = 1024 * 1024;

/** What one connection, and one user, may ask of this process. */
export const limits = {
  /** Above this a frame is not even read: the transport closes the connection (1009). */
  frameBytes: MiB,
  /** No message of ours is longer; what is between this and `frameBytes` gets an error and the connection lives on. */
  messageBytes: 64 * 1024,
  subscriptions: 100,
  connectionsPerUser: 50,
  messagesPerSecond: 100,
  messageBurst: 200,
  /** So many refused messages, without a second of rest between them, close the connection. */
  refusals: 200,
  /** Messages that wait for the ones before them. */
  pending: 256,
  authenticationMs: 10_000,
  heartbeatMs: 30_000,
  /** Output waits for its reader while more than this is unsent. */
  outputBufferBytes: MiB,
  /** Events cannot wait: a reader that has let so much pile up is cut off, and looks things up when it is back. */
  eventBufferBytes: 8 * MiB,
  shutdownMs: 1_000,
} as const;

/** Close codes: RFC 6455 §7.4.1, and our own in the private range, after the HTTP status they resemble. */
export const closeCodes = {
  goingAway: 1001,
  tooSlow: 1013,
  unauthenticated: 4401,
  forbidden: 4403,
  tooMany: 4429,
} as const;
