// Holds the rooms (the folders of src) to the order below: a room imports only from rooms of a lower rank, no file is in an import
// cycle, nothing uses forwardRef, and no file has more than 300 lines. Type imports count like all others. In the packages beside
// the server only length and cycles are looked at.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCircular, parseDependencyTree } from 'dpdm';

const order = [
  // a process of its own, which may be root: it imports from nobody
  ['launcher'],
  ['common'],
  ['infra'],
  ['backup'],
  ['http'],
  ['request-limits'],
  ['health'],
  ['supervisor'],
  // every write is recorded, a user's too
  ['activity'],
  ['users'],
  ['credentials'],
  ['personal-tokens'],
  ['auth'],
  ['projects', 'workspace'],
  ['agents'],
  ['command-safety'],
  ['executions'],
  ['output'],
  ['tasks', 'commands', 'sessions', 'queues', 'workers'],
  ['comments', 'checklists', 'documents', 'labels'],
  ['attachments', 'claims', 'backlogs', 'triggers'],
  ['exports'],
  ['imports'],
  ['secret-masking'],
  ['executor'],
  ['realtime', 'webhooks', 'mcp', 'events'],
  ['system'],
  ['metrics'],
  // turns the routes of all rooms into the document, so it knows shapes of any of them
  ['openapi'],
];
const packages = ['sdk', 'cli'];
const mostLines = 300;
const mayBeLong = /^src\/infra\/migrations\/|\.generated\.ts$|\/generated\//;

const root = join(import.meta.dirname, '..');
const options = {
  context: root,
  tsconfig: join(root, 'tsconfig.json'),
  transform: false,
  exclude: /node_modules/,
};
const tree = await parseDependencyTree(['src/**/*.ts'], options);
const files = Object.keys(tree).filter((file) => file.startsWith('src/') && tree[file]);
const faults = [];

// a folder within a room belongs to it; files directly below src put the rooms together
const roomOf = (file) => file.split('/').slice(1, -1)[0];
const rankOf = (room) =>
  room === undefined ? order.length : order.findIndex((rooms) => rooms.includes(room));

for (const file of files) {
  const room = roomOf(file);
  if (rankOf(room) < 0) faults.push(`${file}: the room "${room}" has no rank in scripts/check-ranks.mjs`);
  for (const { id, request } of tree[file] ?? []) {
    if (id === null) faults.push(`${file} imports ${request}, which does not exist`);
    if (!id?.startsWith('src/')) continue;
    const other = roomOf(id);
    if (other !== room && rankOf(other) >= rankOf(room)) {
      faults.push(`${file} (rank ${rankOf(room)}) imports ${id} (rank ${rankOf(other)})`);
    }
  }
  // launched on its own, with a lean heap
  if (/^src\/(launcher|supervisor|executor\/process)\//.test(file)) {
    for (const { request } of tree[file])
      if (request.startsWith('@nestjs/')) faults.push(`${file} imports ${request}`);
  }
  checkLength(file);
  if (/\bforwardRef\b/.test(readFileSync(join(root, file), 'utf8'))) faults.push(`${file} uses forwardRef`);
}
for (const cycle of parseCircular(tree)) faults.push(`import cycle: ${cycle.join(' → ')}`);

for (const name of packages) {
  const context = join(root, name);
  const own = { ...options, context, tsconfig: join(context, 'tsconfig.json') };
  const parts = await parseDependencyTree(['src/**/*.ts'], own);
  for (const cycle of parseCircular(parts)) faults.push(`import cycle in ${name}: ${cycle.join(' → ')}`);
  for (const file of Object.keys(parts).filter((path) => path.startsWith('src/')))
    checkLength(join(name, file));
}

function checkLength(file) {
  const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length;
  if (lines > mostLines && !mayBeLong.test(file))
    faults.push(`${file} has ${lines} lines, more than ${mostLines}`);
}

if (faults.length > 0) {
  console.error([...new Set(faults)].join('\n'));
  process.exit(1);
}
console.log(`${files.length} files of src keep to their ranks, without a cycle`);
