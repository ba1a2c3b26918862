import ipaddr from 'ipaddr.js';

/** Whether an address is this host's own, such as `127.0.0.1`, any other of 127.0.0.0/8, or `::1`. */
export function isLoopback(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === 'loopback';
}

/**
 * What an address is counted by: an IPv4 address itself, and of an IPv6 address the network of 64 bits, within which one host can
 * take any address it likes (RFC 4291 §2.5.1). All of loopback is one: a process binds to any address of 127.0.0.0/8.
 * @param text an address as the connection or a trusted proxy names it; what is none counts as one unknown place
 */
export function networkOf(text: string): string {
  if (!ipaddr.isValid(text)) return 'unknown';
  // an IPv4 client of a socket for both kinds is seen as ::ffff:192.0.2.1
  const address = ipaddr.process(text);
  if (address.range() === 'loopback') return 'host';
  if (address.kind() === 'ipv4') return address.toString();
  const { parts } = address as ipaddr.IPv6;
  return `${new ipaddr.IPv6([...parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
}

/** What all commands are counted by that share the network of the host, where they have users of their own. */
export const commandsNetwork = 'host/commands';
