const MiB = 1024 * 1024;

/** What one connection, and one user, may ask of this process. */
export const limits = {
  /** No message of ours is longer, whatever the transport; above this it is not even read: the connection is closed (1009). */
  messageBytes: 64 * 1024,
  /** Before the sign-in: a token has at most 8 KiB. */
  anonymousMessageBytes: 16 * 1024,
  subscriptions: 100,
  /** Each KiB of a longer message counts as one. */
  messagesPerSecond: 100,
  messageBurst: 200,
  /** Packets of socket.io, those of its own too; its messages are bounded by themselves. */
  packetsPerSecond: 200,
  packetBurst: 2_000,
  /** So many refused messages, without a second of rest between them, close the connection. */
  refusals: 200,
  /** Messages that wait for the ones before them. */
  pending: 256,
  authenticationMs: 10_000,
  /** Connections of one address that have not said yet whom they speak for, in this process. */
  unauthenticatedPerAddress: 50,
  /** So many tokens that are good for nothing close the connection. */
  failedAuthentications: 5,
  /** New subscriptions of a user a minute: each asks the database, and a client that comes back has 100. */
  subscriptionsPerMinute: 500,
  heartbeatMs: 30_000,
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
  /** The token has come to its end. */
  expired: 4419,
  tooMany: 4429,
} as const;
