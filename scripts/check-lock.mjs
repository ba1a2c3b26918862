// Without an integrity `npm ci` installs whatever the registry gives under that version. An address would tie everybody to one
// registry: without it npm asks the one that is configured.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = process.argv[2] ?? join(import.meta.dirname, '..', 'package-lock.json');
const { packages } = JSON.parse(readFileSync(file, 'utf8'));
const installed = Object.entries(packages).filter(
  // workspaces are links to folders of this repository
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);
const faults = installed.flatMap(([path, { integrity, resolved }]) => [
  ...(/^sha512-[A-Za-z0-9+/]{86}==/.test(integrity ?? '') ? [] : [`${path}: no sha512 integrity`]),
  ...(resolved === undefined ? [] : [`${path}: resolved names an address`]),
]);

if (faults.length > 0) {
  console.error(`${faults.join('\n')}\n\nSee "Dependencies" in CONTRIBUTING.md.`);
  process.exit(1);
}
console.log(`${installed.length} locked packages have an integrity, and none an address`);
