import { row, type Evidence, type Table } from './evidence.js';

const cli = 'cli/cli.test.ts';
const keys = 'projects/keys.test.ts';
const tasks = 'e2e/tasks.test.ts';
const rules = 'contract/rules.test.ts';
const start = 'e2e/start.test.ts';
const access = 'e2e/access.test.ts';

const shared: Evidence = [rules, 'developers with a key each share a backlog, and hear of each other'];
const bound: Evidence = [keys, 'needs no project_id, and works in its project'];
const refused: Evidence = [rules, 'a missing and a wrong key are refused by every operation on items'];
const whole: Evidence = [tasks, 'a task is created, shown, changed and deleted'];
const checklist: Evidence = [
  'tasks/checklist.test.ts',
  'items are added, done, moved and removed, and the task says how many are done',
];
const dependencies: Evidence = [
  'tasks/dependencies.test.ts',
  'dependencies are shown both ways, added and removed one at a time',
];
const served: Evidence = [
  start,
  'without settings the server runs a Postgres of its own, keeps its data, and stops it at the end',
];
const projectsByCommand: Evidence = [
  cli,
  'projects are archived, restored and deleted, for good only when that is confirmed',
];

/** Document 001: one backlog for a team. */
export const document001: Table = {
  operations: {
    'list items': row('GET /api/tasks/, in pages', [
      'e2e/task-list.test.ts',
      'is paginated, with flat fields and links to other pages',
    ]),
    'get an item': row('GET /api/tasks/{id}', whole),
    'create an item': row('POST /api/tasks/, without project_id for a key of a project', whole, bound),
    'update an item': row('PUT /api/tasks/{id}, which changes what is sent', whole),
    'search by keyword': row('search of the list, in titles, descriptions, comments and refs', [
      'e2e/task-list.test.ts',
      'is searched: words, phrases, prefixes, operators, fields',
    ]),
    'add a checklist item': row('POST …/checklist', checklist),
    'update a checklist item': row('PUT …/checklist/{item}', checklist),
    'delete a checklist item': row('DELETE …/checklist/{item}', checklist),
    'append a comment': row('POST …/comments', [
      'tasks/comments.test.ts',
      'a comment is kept as it was sent, listed, changed and deleted',
    ]),
    'add a dependency': row('POST …/dependencies', dependencies),
    'remove a dependency': row('DELETE …/dependencies/{task}', dependencies),
    'live updates as server-sent events': row('GET /api/events, which resumes without a gap', shared, [
      'activity/feed.test.ts',
      'a feed goes on behind the last event, and misses nothing of what many write at once',
    ]),
    'list projects, for administrators': row('GET /api/projects/: administrators see all', [
      'e2e/projects.test.ts',
      'is limited to its members and administrators if it is private',
    ]),
    health: row('GET /api/health/', ['e2e/system.test.ts', 'is public']),
  },
  'rules of access': {
    'a bearer key with each request': row('mlr_key_…, or any other token of a user', bound, refused),
    'the key names the project': row('project_id may be left out; no other project is seen', bound, [
      keys,
      'sees no other project, not even an internal one',
    ]),
    'health is open': row('as there', [access, 'every route except the public ones requires a token']),
    'the list of projects is open': row('it is not: names of projects are for those who may see them', [
      access,
      'every route except the public ones requires a token',
    ]),
  },
  errors: {
    '400 for invalid fields, with the field': row('422 with a code, the field and the issue', [
      tasks,
      'an invalid task is refused with the error code and the field',
    ]),
    '401 for a missing or invalid key': row('AUTH_TOKEN_MISSING and AUTH_TOKEN_INVALID', refused),
    '404 for an unknown item': row('also for one that may not be seen', [
      tasks,
      'by users who can see its project, and by no others',
    ]),
    '409 for a stale version': row(
      'VERSION_CONFLICT with the current version, to read again and try again',
      [tasks, 'a stale version is refused, in the body and in If-Match'],
      shared,
    ),
  },
  'command line': {
    serve: row('millrace serve, or npm start', [cli, 'serve starts a server and stops it cleanly']),
    'create a project, and print its key': row(
      'millrace projects create, then millrace keys create, which prints the key once',
      projectsByCommand,
      [cli, 'keys of a project are made, used without a project, listed and revoked'],
    ),
    'list projects, with the state of the database': row(
      'millrace projects list; the state is in GET /api/health/detailed',
      projectsByCommand,
      ['e2e/system.test.ts', 'in detail includes measurements'],
    ),
    'delete a project with its key and its data': row(
      'millrace projects delete --permanent --yes, of an archived one',
      projectsByCommand,
      ['projects/erasure.test.ts', 'a project that is deleted for good leaves nothing but its activity'],
      [
        'projects/erasure.test.ts',
        'the keys of a deleted project are refused, and what they did keeps their name',
      ],
    ),
  },
  configuration: {
    'the port, 4000 by default': row('PORT, or millrace serve --port; 8000 by default', [
      cli,
      'serve starts a server and stops it cleanly',
    ]),
    'the address to listen on': row('HOST, 127.0.0.1 by default', [
      'e2e/requests.test.ts',
      'the server listens on both loopback addresses, so no other process can receive its requests',
    ]),
    'the folder of the data': row('DATA_DIR, or DATABASE_URL for a Postgres elsewhere', served),
    'a database per project': row('one database, in which a key opens one project', [
      keys,
      'sees no other project, not even an internal one',
    ]),
  },
  'in a team': {
    'several developers share one backlog': row('as there, each with a key or an account', shared),
    'alone, without a server elsewhere': row('one process with a Postgres of its own', served),
    'an MCP server in front, with address and key from the environment': row(
      'POST /mcp, and millrace mcp with API_BASE_URL and API_TOKEN',
      ['mcp/stdio.test.ts', 'passes on the messages of an agent by %s'],
      ['mcp/mcp.test.ts', 'an agent does a day of work by the protocol %s'],
    ),
    'a page that tells agents how to use it': row('/llms.txt', [
      'mcp/llms.test.ts',
      'the page for agents has every route, and its steps work',
    ]),
  },
};
