import ipaddr from 'ipaddr.js';

/** Public addresses at which cloud platforms have internal services: the Azure host agent. */
const platformAddresses = new Set(['168.63.129.16']);
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address is on the public internet. Only plain unicast addresses are: private, loopback, link-local (with the cloud
 * metadata service), CGNAT, multicast, unspecified, documentation, IPv4-mapped, NAT64, 6to4 and Teredo are not, since the
 * last four reach an IPv4 address that would escape this check.
 * @param text an IPv4 or IPv6 address; anything else is not public
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast' || platformAddresses.has(address.toString())) return false;
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(globalUnicast);
}

/** Returns the host of a URL without the brackets of an IPv6 address and without the trailing dot of a fully qualified name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/**
 * Returns what is wrong with the URL of a webhook, as far as it can be checked without DNS; undefined when nothing is. The URL parser
 * normalises `0x7f.1` and `2130706433` to 127.0.0.1.
 */
export function targetFault(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'Send an http or https URL';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'Send an http or https URL';
  if (url.username !== '' || url.password !== '')
    return 'Credentials in the URL are not allowed; receivers check the signature';
  if (allowPrivate) return undefined;
  const host = hostOf(url);
  const isPrivateName = host === 'localhost' || host.endsWith('.localhost');
  if (isPrivateName || (ipaddr.isValid(host) && !isPublicAddress(host)))
    return 'The address is not on the public internet';
  return undefined;
}
