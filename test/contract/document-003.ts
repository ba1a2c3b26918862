import { row, type Evidence, type Table } from './evidence.js';

const backlogs = 'agents/backlogs.test.ts';
const agents = 'agents/agents.test.ts';

const fields: Evidence = [backlogs, 'a task has the fields and the words of a backlog'];
const counted: Evidence = [backlogs, 'a backlog is sorted, filtered, paged and counted'];
const everywhere: Evidence = [backlogs, 'the tasks of all agents are filtered by status, priority and agent'];
const blocked: Evidence = [backlogs, 'blocked keeps its reason, and every other word clears it'];
const faults: Evidence = [backlogs, 'bad input is refused by its field'];
const erased: Evidence = [backlogs, 'the agent and the owners delete for good'];
const envelope = 'as there, inside the envelope';

/** Document 003: backlogs of agents. */
export const document003: Table = {
  operations: {
    'GET /api/backlogs/{agent_id}': row(`${envelope}; the agent by its slug or id`, counted, everywhere),
    'POST /api/backlogs/{agent_id}': row(`${envelope}, 201`, fields),
    'PATCH /api/backlogs/{agent_id}/{task_id}': row(envelope, fields, blocked),
    'DELETE /api/backlogs/{agent_id}/{task_id}': row(envelope, erased),
    'GET /api/backlogs': row(`${envelope}; the agents whose backlogs one may see`, everywhere),
    'GET /api/backlogs/{agent_id}/summary': row(envelope, counted),
  },
  parameters: {
    'status of one backlog': row('the four words, and cancelled beside them', counted),
    'status of all backlogs': row('the same words', everywhere),
    'priority, exact': row('a number from 1 to 10, as there', everywhere),
    agent_id: row('a slug or an id; an unknown one is 404', everywhere, faults),
  },
  'fields of a new task': {
    title: row('required, 1 to 500 characters', fields, faults),
    description: row('optional, Markdown, at most 50,000 characters', fields),
    priority: row('1, the highest, to 10; also urgent to none', fields, faults),
    'priority, default': row('5, as there', everywhere),
  },
  'fields of a change': {
    'all of them optional': row('what is not sent stays as it is', fields),
    status: row('the four words and cancelled', fields, blocked),
    priority: row('1 to 10, or a name', fields, faults),
    title: row('1 to 500 characters', fields, faults),
    description: row('at most 50,000 characters', everywhere),
    blocker: row('the reason; null takes it away', blocked),
    'result of a completed task': row('sent with complete', fields, faults),
  },
  'fields of answers': {
    id: row('the ref of the task', fields),
    title: row('as it was sent', fields),
    description: row('as it was sent', fields),
    priority: row('the number', fields),
    status: row('the word of a backlog; the task has its own', fields),
    created: row('ISO 8601 in UTC, with milliseconds', fields, everywhere),
    'started, null before': row('ISO 8601 in UTC, with milliseconds', fields),
    'completed, null before': row('ISO 8601 in UTC, with milliseconds', fields, everywhere),
    'result, null before': row('what the work came to', fields),
    'agent_id and total of a list': row('beside the fields of a page', counted),
    'agent_id of each task of all agents': row('the slug', everywhere),
    'deleted: the id': row('the ref of the task', erased),
    'the counts and the total of a summary': row('cancelled tasks are not in the total', counted),
  },
  rules: {
    'every agent has a backlog': row('its project, which its prefix is the key of', [
      agents,
      'an agent is a user with keys and a backlog of its own',
    ]),
    'a backlog is in order of priority': row('and of age within a priority', counted),
    'queued, in progress, complete': row('words for the status of the task', fields),
    'blocked by a dependency or for want of a human': row(
      'a blocker says why; a failed run is one, too; what waits for another task is claimed by nobody',
      blocked,
      [backlogs, 'a task whose run has failed is blocked by the reason'],
      ['claims/claims.test.ts', 'is the most urgent and oldest that is open'],
    ),
    'agents work through it by themselves': row('by claims with a lease', [
      'claims/claims.test.ts',
      'is that of an agent, and its own without a name',
    ]),
    'deletion is permanent': row('for the agent itself, owners and administrators', erased),
    'ids are made': row('the number of the project, with three digits or more', fields),
    'the prefix comes from the agent': row(
      'the first three letters of its slug, unless one is given; a taken one is refused',
      [agents, 'slug and prefix come from the name, and a taken one is named'],
    ),
  },
};
