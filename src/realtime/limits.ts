const MiB = 1024 * 1024;

/** Limits of one connection and of one user in this process. */
export const limits = {
  /** The longest message of a client, over either transport. A longer one is not read, and the connection is closed (1009). */
  messageBytes: 64 * 1024,
  /** The longest message before authentication; a token has at most 8 KiB. */
  anonymousMessageBytes: 16 * 1024,
  subscriptions: 100,
  /** Messages a second; each KiB of a longer message counts as one. */
  messagesPerSecond: 100,
  messageBurst: 200,
  /** Packets of socket.io a second, including its protocol's own; messages have their own limit besides. */
  packetsPerSecond: 200,
  packetBurst: 2_000,
  /** The refused messages, without a pause of a second between them, that close the connection. */
  refusals: 200,
  /** Messages that may wait for those before them. */
  pending: 256,
  authenticationMs: 10_000,
  /** Connections of one address that have not authenticated, in this process. */
  unauthenticatedPerAddress: 50,
  /** Failed authentications that close the connection. */
  failedAuthentications: 5,
  /** New subscriptions of a user a minute: each queries the database, and a client that reconnects restores up to 100. */
  subscriptionsPerMinute: 500,
  /** Later tokens on the connections of a user a minute: each is verified, and all subscriptions of its connection are checked with it. */
  renewalsPerMinute: 120,
  heartbeatMs: 30_000,
  /** Unread bytes that disconnect a client: events cannot wait, and the client reloads what it missed when it reconnects. */
  eventBufferBytes: 8 * MiB,
  shutdownMs: 1_000,
} as const;

/** Close codes: those of RFC 6455 §7.4.1, and our own in the private range (4000–4999), numbered after similar HTTP statuses. */
export const closeCodes = {
  goingAway: 1001,
  tooSlow: 1013,
  unauthenticated: 4401,
  forbidden: 4403,
  /** The token has expired. */
  expired: 4419,
  tooMany: 4429,
} as const;
