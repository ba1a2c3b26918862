import ipaddr from 'ipaddr.js';

/** Tells whether an address is a loopback address: `::1` or any of 127.0.0.0/8. */
export function isLoopback(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === 'loopback';
}

/**
 * The key under which limits count an address: an IPv4 address itself, and the /64 network of an IPv6 address, within which one host
 * can take any address (RFC 4291 §2.5.1). All of loopback is one key, since a process can bind to any address of 127.0.0.0/8.
 * @param text the address of a connection, or one named by a trusted proxy; all invalid addresses share one key
 */
export function networkOf(text: string): string {
  if (!ipaddr.isValid(text)) return 'unknown';
  // An IPv4 client of a dual-stack socket appears as ::ffff:192.0.2.1.
  const address = ipaddr.process(text);
  if (address.range() === 'loopback') return 'host';
  if (address.kind() === 'ipv4') return address.toString();
  const { parts } = address as ipaddr.IPv6;
  return `${new ipaddr.IPv6([...parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
}

/** The key for all commands on the host's network, where they run as users of their own and so can be told from other clients. */
export const commandsNetwork = 'host/commands';
