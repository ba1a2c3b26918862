import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projects } from '../data/seed.mjs';
import { makeReadable } from '../data/readable.mjs';
import { percentile } from '../support/figures.mjs';
import { root } from '../support/millrace.mjs';

const targets = { p50: 50, p99: 150, ratio: 2.5 };
const sizes = [20_000, 1_000_000];
const rounds = 40;
/** A case that takes this long is far from its target, and is repeated less often. */
const slowMs = 300;

const list = (query) => `?page_size=50${query && `&${query}`}`;
const recent = new Date(Date.now() - 60 * 86_400_000).toISOString();
const sorts = ['created_at', 'updated_at', 'priority', 'title', 'due_at', 'number'];

/** For each path of the OpenAPI document with a GET, its query strings. `$LAST` is the number of the last page. */
const queries = {
  '/api/activity': [
    '',
    `?project_id=${projects.listed}`,
    '?action=created',
    '?actor=ai:bench-agent',
    '?entity_type=project',
  ],
  '/api/agents': ['', '?search=agent'],
  '/api/agents/{agent_id}': [''],
  '/api/agents/{agent_id}/keys': [''],
  '/api/attachments/{attachment_id}': [''],
  '/api/auth/sessions': [''],
  '/api/backlogs': ['', '?status=queued', '?status=blocked', '?priority=3'],
  '/api/backlogs/{agent_id}': ['', '?status=queued', '?status=blocked', '?page=100'],
  '/api/backlogs/{agent_id}/summary': [''],
  '/api/commands/history': ['', '?status=failed'],
  '/api/commands/running': [''],
  '/api/commands/suggestions': ['?prefix=make'],
  '/api/commands/{command_id}/output/search': ['?q=word'],
  '/api/commands/{command_id}/status': [''],
  '/api/documents/{document_id}': [''],
  '/api/documents/{document_id}/versions': [''],
  '/api/documents/{document_id}/versions/{version}': [''],
  '/api/documents/{document_id}/attachments': [''],
  '/api/executions/{execution_id}': [''],
  '/api/executions/{execution_id}/artifacts': [''],
  '/api/health': [''],
  '/api/health/detailed': [''],
  '/api/health/live': [''],
  '/api/health/ready': [''],
  '/api/projects/{project_id}/triggers': [''],
  '/api/labels': ['', list(`project_id=${projects.listed}&search=b`)],
  '/api/labels/{label_id}': [''],
  '/api/personal-access-tokens': [''],
  '/api/personal-access-tokens/{token_id}': [''],
  '/api/projects': ['', '?search=project'],
  '/api/projects/{project_id}': [''],
  '/api/projects/{project_id}/analytics': ['?period=7d', '?period=1y'],
  '/api/projects/{project_id}/attachments': [''],
  '/api/projects/{project_id}/docs': [''],
  '/api/projects/{project_id}/keys': [''],
  '/api/projects/{project_id}/members': [''],
  '/api/projects/{project_id}/memory': ['', '?search=remember', '?tag=ci'],
  '/api/projects/{project_id}/secrets': [''],
  '/api/projects/{project_id}/tasks': [''],
  '/api/queues/metrics': [''],
  '/api/queues/status': [''],
  '/api/workers': [''],
  '/api/sessions': [''],
  '/api/sessions/{session_id}': [''],
  '/api/sessions/{session_id}/history': ['', list('page=$LAST')],
  '/api/system/info': [''],
  '/api/system/maintenance': [''],
  '/api/tasks': [
    ...sorts.flatMap((sort) => [
      list(`sort=${sort}`),
      list(`sort=${sort}&page=$LAST`),
      list(`sort=${sort}&project_id=${projects.listed}&status=pending`),
    ]),
    list('include_archived=true&sort=updated_at'),
    list('status=planned'),
    list('type=bug'),
    list('overdue=true'),
    list('blocked=true&sort=priority&order=asc'),
    list('status=pending,failed'),
    list('priority=2'),
    list('tags=backend'),
    list('assigned_to=01900000-0000-7000-9000-000000000007'),
    list(`created_after=${recent}`),
    // a word that a tenth of the tasks have, and a phrase
    list('search=error'),
    list('search=error&sort=title'),
    list('search=%22error+test%22'),
  ],
  '/api/tasks/{task_id}': [''],
  '/api/tasks/{task_id}/attachments': [''],
  '/api/tasks/{task_id}/checklist': [''],
  '/api/tasks/{task_id}/comments': [''],
  '/api/tasks/{task_id}/comments/{comment_id}': [''],
  '/api/tasks/{task_id}/dependencies': [''],
  '/api/tasks/{task_id}/executions': [''],
  '/api/tasks/{task_id}/history': [''],
  '/api/tasks/{task_id}/output/search': ['?q=word'],
  '/api/tasks/{task_id}/plans': [''],
  '/api/users': ['', '?search=person'],
  '/api/users/profile': [''],
  '/api/users/{user_id}': [''],
  '/api/webhooks': [''],
  '/api/webhooks/{webhook_id}': [''],
  '/api/webhooks/{webhook_id}/deliveries': ['', list('page=$LAST')],
  '/api/webhooks/{webhook_id}/deliveries/{delivery_id}': [''],
  '/api/workspace': [''],
  '/api/workspaces': [''],
  '/metrics': [''],
};

/** Live streams and downloads. */
const excluded = [
  '/api/attachments/{attachment_id}/content',
  '/api/executions/{execution_id}/artifacts/{artifact_id}',
  '/api/commands/{command_id}/output',
  '/api/events',
  // it compares whole tables, within limits of time
  '/api/system/doctor',
  '/api/projects/{project_id}/export',
  '/api/tasks/{task_id}/output',
  // a row by its key, and the last of one trigger by their index
  '/api/triggers/{trigger_id}',
  '/api/triggers/{trigger_id}/deliveries',
];

/** Compares the time of every GET with 1,000,000 tasks, their runs and their history with its time with 20,000. */
export default async function reads(world, report) {
  const { paths } = JSON.parse(readFileSync(join(root, 'openapi/openapi.json'), 'utf8'));
  const known = new Set([...Object.keys(queries), ...excluded]);
  const forgotten = Object.keys(paths).filter((path) => paths[path].get && !known.has(path));
  if (forgotten.length > 0)
    throw new Error(`without an entry in bench/cases/reads.mjs: ${forgotten.join(', ')}`);

  const sides = [];
  for (const tasks of sizes) {
    const url = await world.fresh(`reads_${tasks}`, tasks);
    const server = await world.millrace({ DATABASE_URL: url });
    const api = await server.signIn();
    sides.push({ api, parameters: await world.query(url, (db) => makeReadable(db, api, tasks)) });
  }
  for (const path of Object.keys(queries))
    for (const query of queries[path]) {
      const [small, large] = await compare(sides, path, query);
      const what = `GET ${path}${decodeURIComponent(query)}`.replaceAll(/T[\d:.]+Z/g, '');
      const ratio = percentile(large, 50) / percentile(small, 50);
      const remark = `p50 ${percentile(large, 50).toFixed(1)} ms; of 20,000: ${percentile(small, 50).toFixed(1)} ms`;
      report.most(`${what}: p99`, percentile(large, 99), 'ms', targets.p99, remark);
      if (percentile(large, 50) > targets.p50)
        report.most(`${what}: p50`, percentile(large, 50), 'ms', targets.p50);
      // below this, the difference is noise of the machine
      if (percentile(large, 50) > 5)
        report.most(`${what}: 1,000,000 against 20,000`, ratio, '×', targets.ratio);
    }
}

/** Measures both in turn, so that what else the machine does affects both. @returns the times of each in ms */
async function compare(sides, path, query) {
  const times = sides.map(() => []);
  const addresses = [];
  for (const { api, parameters } of sides) {
    const address = path.replaceAll(/\{(\w+)\}/g, (_, name) => parameters[name]) + query;
    const last = query.includes('$LAST')
      ? (await api.get(address.replace(/&?page=\$LAST/, ''))).pages
      : undefined;
    addresses.push(address.replace('$LAST', String(last)));
  }
  for (let round = -3; round < rounds; round += 1) {
    for (const [n, { api }] of sides.entries()) {
      const begun = performance.now();
      await api.text(addresses[n]);
      if (round >= 0) times[n].push(performance.now() - begun);
    }
    if (round > 4 && percentile(times.at(-1), 50) > slowMs) break;
  }
  return times;
}
