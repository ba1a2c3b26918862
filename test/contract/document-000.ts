import { row, type Evidence, type Table } from './evidence.js';

const projects = 'e2e/projects.test.ts';
const tasks = 'e2e/tasks.test.ts';
const list = 'e2e/task-list.test.ts';
const activity = 'activity/activity.test.ts';
const archive = 'tasks/archive.test.ts';
const attachments = 'tasks/attachments.test.ts';
const comments = 'tasks/comments.test.ts';
const documents = 'tasks/documents.test.ts';
const fields = 'tasks/fields.test.ts';
const filters = 'tasks/filters.test.ts';
const labels = 'tasks/labels.test.ts';
const errors = 'e2e/errors.test.ts';
const rules = 'contract/rules.test.ts';
const cli = 'cli/cli.test.ts';
const start = 'e2e/start.test.ts';
const roundTrip = 'imports/round-trip.test.ts';
const csv = 'imports/csv.test.ts';

const project: Evidence = [projects, 'a project is created, shown, listed, changed and deleted'];
const projectFaults: Evidence = [
  projects,
  'an invalid project is refused with the error code of the problem',
];
const projectList: Evidence = [projects, 'the list is filtered, searched, sorted and paginated'];
const readOnly: Evidence = [projects, 'an archived project is read-only until it is activated again'];
const inLists: Evidence = [rules, 'an archived project stays in the list, and is found by its status'];
const erasedProject: Evidence = [
  'projects/erasure.test.ts',
  'a project that is deleted for good leaves nothing but its activity',
];
const onlyArchived: Evidence = ['projects/erasure.test.ts', 'unless the project is archived'];
const task: Evidence = [tasks, 'a task is created, shown, changed and deleted'];
const taskFaults: Evidence = [tasks, 'an invalid task is refused with the error code and the field'];
const taskFields: Evidence = [fields, 'a task has a type, a due date, a result, and where it comes from'];
const fieldFaults: Evidence = [fields, '%j is refused, and the field is named'];
const statusWords: Evidence = [
  fields,
  'are taken in both vocabularies, and a word that is shown changes nothing',
];
const exportedCsv: Evidence = [
  roundTrip,
  'an export as CSV has a record for each task, which no spreadsheet takes for a formula, and changes nothing when it is imported',
];
const withTimes: Evidence = [fields, 'a task can be created in any state, with its times'];
const priorities: Evidence = [fields, 'a priority is taken as a number or a name, and shown as both'];
const types: Evidence = [rules, 'a task has one of nine types, by which lists are filtered'];
const listFilters: Evidence = [list, 'is filtered by each of its filters and by several'];
const moreFilters: Evidence = [filters, '%j finds %j'];
const searched: Evidence = [list, 'is searched: words, phrases, prefixes, operators, fields'];
const sorted: Evidence = [list, 'is sorted'];
const pages: Evidence = [list, 'is paginated, with flat fields and links to other pages'];
const named: Evidence = [tasks, 'by its id, its ref, or a prefix of its id'];
const shelved: Evidence = [archive, 'is in no list and no count, and comes back as it was'];
const erasedTask: Evidence = [
  archive,
  'a permanent deletion is for owners, and leaves nothing that names the task',
];
const commented: Evidence = [comments, 'a comment is kept as it was sent, listed, changed and deleted'];
const labelled: Evidence = [labels, 'labels are attached and detached one at a time'];
const autoLabel: Evidence = [
  labels,
  'a label is made when it is first attached, and is spelled as it was first',
];
const catalogue: Evidence = [labels, 'has a colour and a meaning for each label, and no name twice'];
const written: Evidence = [documents, 'is written, listed, changed, added to and deleted'];
const versions: Evidence = [documents, 'every version is kept with its author and its note'];
const memory: Evidence = [documents, 'what a project remembers is found by tag and by words'];
const appended: Evidence = [documents, 'loses nothing of many who add at once'];
const attached: Evidence = [attachments, 'a link and a file are listed, shown, downloaded and removed'];
const attachmentFaults: Evidence = [attachments, 'is refused with its field'];
const formFaults: Evidence = [attachments, 'of a form is refused, and nothing is stored'];
const whoDidIt: Evidence = [
  activity,
  'the activity of a project is listed with who did it, the latest first',
];
const activityFilters: Evidence = [activity, 'are type, thing, action, actor and time'];
const activityPages: Evidence = [activity, 'pages follow one another without a gap'];
const deletions: Evidence = [rules, 'a deletion is answered with 200 and says what is gone'];
const times: Evidence = [rules, 'every time is in ISO 8601, in UTC and with milliseconds'];
const usual: Evidence = [
  rules,
  'a list that is asked for nothing begins with the newest, and has as many as are usual',
];
const unknown: Evidence = [errors, 'for an unknown route has the envelope, below /api and elsewhere'];
const onePage: Evidence = ['e2e/cursors.test.ts', 'works for every list'];
const served: Evidence = [cli, 'serve starts a server and stops it cleanly'];

/** Document 000: the API of a backlog on one machine. */
export const document000: Table = {
  server: {
    'started by one command': row('millrace serve, or npm start', served),
    'on another port': row('PORT', served),
    'without opening a browser': row('none is ever opened', served),
    'with the data in another place': row('DATA_DIR, or DATABASE_URL', [
      start,
      'without settings the server runs a Postgres of its own, keeps its data, and stops it at the end',
    ]),
    'every route below /api/': row('as there; documentation, probes and MCP lie beside it', unknown),
    'one actor for all writes, set at the start': row('whoever the token of the request is of', whoDidIt),
    'not for the open internet, for want of access control': row(
      'every route but sign-in and health takes a token',
      ['e2e/access.test.ts', 'every route except the public ones requires a token'],
    ),
  },
  'names of tasks': {
    'TASK-N': row('the key of the project and the number: SHOP-42', named),
    'a number alone': row('names nothing, since numbers are of a project: 422 says what does', [
      rules,
      'a number alone names no task, and the answer says what does',
    ]),
    'a prefix of 8 characters': row('of 8 or more characters of the id, where it is unique', named, [
      tasks,
      'by a prefix only if it is unique',
    ]),
  },
  answers: {
    'times as nanoseconds': row('ISO 8601 in UTC with milliseconds', times),
    'JSON for every success': row('data in the envelope', pages, task),
    'an error is an object with a text': row(
      'a code, a message and details in the envelope',
      unknown,
      taskFaults,
    ),
    '200 with a body': row('as there; 201 for what was created', task),
    '204 after a deletion': row('200 that says what is gone', deletions),
    '400 for invalid requests': row('422 with the field; 400 only for what cannot be read', taskFaults, [
      errors,
      'for an unreadable body has the envelope',
    ]),
    '400 for rules of the subject': row('409 with a code of the table', onlyArchived, readOnly),
    '404 for the unknown': row('also for what may not be seen', [
      tasks,
      'by users who can see its project, and by no others',
    ]),
    '405 for the wrong method': row('with the allowed ones', [
      'e2e/requests.test.ts',
      'with an unsupported method gets 405 with the allowed methods',
    ]),
    '500 for failures inside': row('without a word of what is inside', [errors, 'reveals no internals']),
  },
  pages: {
    'limit and offset, 50 and 0 by default': row('page and page_size, 1 and 50 by default', pages, usual),
    'page.total': row('total beside the other fields of a page', pages),
    'other collections are whole': row('each is in pages, since each can grow', onePage),
  },
  words: {
    'nine types of tasks': row('the same nine', types),
    'todo, doing, done': row(
      'pending, running, completed, and the words of a board',
      statusWords,
      fieldFaults,
    ),
    'priority 1 to 5, 3 by default': row(
      '1 to 10, 5 by default, in five bands with names',
      priorities,
      taskFields,
    ),
    'actors are human or ai': row('kind of an actor: human, ai, or system', whoDidIt, [
      activity,
      'find what an agent and a key have done',
    ]),
  },
  projects: {
    'list, without archived ones': row('all that one may see; status says which', projectList, inLists),
    include_archived: row('status=archived, or no filter', inLists),
    create: row('POST /api/projects/', project),
    'alias: required, of letters, digits and hyphens': row(
      'key: made from the name unless given, 2 to 10 letters and digits',
      [projects, 'is derived from the name, and avoids existing keys'],
      [
        projects,
        'can be chosen if it is free and well-formed, and is free again after the deletion of its project',
      ],
    ),
    'name: required, at most 255 characters': row('required, at most 200', projectFaults),
    'the path of a repository': row('a field of one’s own in settings', project),
    archive: row('PUT with status archived', readOnly),
    restore: row('PUT with status active', readOnly),
    'delete for good': row('DELETE with permanent=true', erasedProject),
    'only archived ones are deleted for good': row('409 PROJECT_NOT_ARCHIVED for others', onlyArchived),
  },
  'the list of tasks': {
    project: row('project_id, by id or key', pages, listFilters),
    status: row('one or several words of either vocabulary', listFilters, moreFilters),
    type: row('one or several', moreFilters, types),
    'priority, exact': row(
      'priority_name for a band; priority is at least so urgent',
      moreFilters,
      listFilters,
    ),
    'label, all of several': row('tags, with commas', listFilters),
    'search with prefix and operators': row('also phrases and fields', searched),
    'sort by priority': row('sort=priority; the newest first unless it is given', sorted, usual),
    'sort by creation': row('sort=created_at', sorted),
    'sort by change': row('sort=updated_at', [
      'e2e/task-pages.test.ts',
      'sorted by %s %s, pages from both ends and by cursor list all tasks in order',
    ]),
    'sort by number': row('sort=number', [filters, 'sorted by number']),
    include_archived: row('as there', shelved),
    limit: row('page_size', pages),
    offset: row('page, or a cursor', pages),
  },
  'a new task': {
    'project, required': row('project_id, unless the key is of a project', taskFaults, [
      'projects/keys.test.ts',
      'needs no project_id, and works in its project',
    ]),
    'title, required': row('1 to 500 characters', taskFaults),
    description: row('Markdown, at most 50,000 characters', task),
    type: row('task unless it is given', taskFields, types),
    status: row('pending unless it is given', withTimes),
    priority: row('a number or a name', priorities),
    assignee: row('assigned_to: a user who can see the project', [
      tasks,
      'a task can be assigned to a user who can see its project, and stays assigned after that access ends',
    ]),
    'due_date: a date or a time': row('due_at, which takes both', taskFields),
    source: row('as there', taskFields),
    external_ref: row('unique in the project', taskFields, [
      fields,
      'an `external_ref` is unique in its project, and free again after the deletion',
    ]),
    project_path: row('as there', taskFields),
    'labels, made where they are missing': row('tags', autoLabel),
  },
  'one task': {
    'is shown with its project and labels': row('project_id, ref and tags', task),
    'is shown with its plans': row('GET …/plans', written),
    'is shown with its comments': row('GET …/comments', commented),
    'a change leaves what is not sent': row('PUT', task, taskFields),
    'a change takes the fields of creation': row('PUT takes them all', taskFields),
    clear_due_at: row('due_at: null', taskFields),
    'a change takes no status': row('it does, since there is no second route for it', statusWords),
    'the transition of the status': row('PUT with status; 409 while a run is active', statusWords, [
      'e2e/executions.test.ts',
      'the status of an active task cannot be set, and the task cannot be deleted',
    ]),
    'done sets completed_at': row('as there', withTimes, [
      'agents/backlogs.test.ts',
      'a task has the fields and the words of a backlog',
    ]),
    'archive, which sets archived_at': row('POST …/archive', shelved),
    restore: row('POST …/restore', shelved),
    'add a comment': row('POST …/comments', commented),
    'add a plan': row('POST …/plans', written),
    'attach a label, made if it is missing': row('POST …/labels', labelled, autoLabel),
    'detach a label, which the project keeps': row('DELETE …/labels/{name}', labelled, deletions),
    'delete for good, with all that hangs on it': row('DELETE with permanent=true, for owners', erasedTask, [
      documents,
      'plans go with their task: moved, deleted and erased',
    ]),
  },
  labels: {
    'list, of one project or of all': row('GET /api/labels/', [
      labels,
      'of a project is seen and kept by those who may',
    ]),
    'create with a colour': row('POST /api/labels/', catalogue),
    'creating one that exists returns it': row(
      '409, since its colour may differ; an archived one comes back',
      catalogue,
      [labels, 'an archived label is offered no more, stays on its tasks, and comes back'],
    ),
  },
  plans: {
    'list of a task': row('GET /api/tasks/{id}/plans', written),
    'get the current version': row('GET /api/documents/{id}', written),
    'a change makes a version, with a note': row('PUT /api/documents/{id}', versions),
    'all versions': row('GET …/versions, the latest first', versions),
    'a version has number, title, body, actor, note and time': row(
      'the list has all but the text, which GET …/versions/{n} shows',
      versions,
    ),
  },
  docs: {
    'list of a project': row('GET /api/projects/{id}/docs', written),
    'list of all projects': row('one project at a time', written),
    create: row('POST /api/projects/{id}/docs', written),
    'get the current version': row('GET /api/documents/{id}', written),
    'a change makes a version, with a note': row('PUT /api/documents/{id}', versions),
    'delete with all versions': row('DELETE /api/documents/{id}', written, deletions),
    'all versions': row('GET …/versions, the latest first', versions),
  },
  memory: {
    'list of a project': row('GET /api/projects/{id}/memory', memory),
    'filter by tag': row('tag, and also search', memory),
    create: row('POST, with tags as a list', memory),
    'a change keeps no history': row('PUT raises the version and keeps none', memory),
    'append on a line of its own': row('POST …/append, of which nothing is lost', written, appended),
    'append makes a version': row('it raises the version and keeps none', memory, appended),
    delete: row('DELETE /api/documents/{id}', written),
  },
  attachments: {
    'at most 10 MiB': row('as there, and at most what the project may store', formFaults, [
      attachments,
      'a file of the largest size is taken, and the storage of the project bounds how many',
    ]),
    'kept in the database': row('as there, in parts', attached),
    'list without the contents': row('at the path of the task, project or document', attached),
    'list of all projects': row('one place at a time', attached),
    'upload as a form': row('POST /api/attachments; a link as JSON', attached),
    'linked_type: task or doc': row('task, project or document', attached, attachmentFaults),
    linked_id: row('an id, a ref or a key', attached, attachmentFaults),
    'name: that of the file unless it is given': row('as there, without folders', attached, [
      attachments,
      'names of files have no folders and no control characters',
    ]),
    'download with type and disposition': row(
      'GET …/content, shown by a browser only where it is an image',
      attached,
      [attachments, 'only what is an image by its content is shown by a browser'],
    ),
  },
  activity: {
    'every write, never changed': row('as there, for ACTIVITY_RETENTION_DAYS', whoDidIt, [
      rules,
      'the activity can be read, and not changed',
    ]),
    'the newest first': row('as there', whoDidIt),
    'total of all events': row('next_before, since counting costs more with each entry', activityPages),
    project: row('project_id, by id or key', whoDidIt),
    'kind of the thing': row('entity_type', activityFilters),
    'actor as kind and name': row('as there, or the id of a user', activityFilters),
    'limit, 50 by default': row('as there, at most 200', usual, activityPages),
    offset: row('before: a sequence', activityPages),
  },
  'known gaps': {
    'importing a workspace': row(
      'POST /api/projects/{id}/import: a plan first, then all or nothing',
      ['imports/import.test.ts', 'is refused with every fault by its line, and nothing of it is imported'],
      [roundTrip, 'is imported into an empty project as it was, with its refs, and exported again the same'],
    ),
    'its words for states in files': row(
      'todo, doing and done are taken and written',
      [csv, 'may have quotes, line breaks, semicolons, a byte order mark and other names of columns'],
      exportedCsv,
    ),
    'its priorities in files': row('1 to 10 or the names of priorities, in files as elsewhere', [
      csv,
      'with faults is refused with the lines of the records',
    ]),
    'importing findings': row(
      'POST /api/projects/{id}/findings: SARIF or a list, known by fingerprint',
      [
        'imports/findings.test.ts',
        'are tasks of their tool, known by their fingerprint also when the line changes',
      ],
      [
        'imports/findings.test.ts',
        'that are gone are completed when asked, and those that come back are pending again, unless somebody has dismissed them',
      ],
    ),
    'exporting as CSV': row('GET /api/projects/{id}/export?format=csv', exportedCsv),
    'exporting as Markdown': row('format=markdown', [
      roundTrip,
      'an export as Markdown shows the tasks by their state with all that belongs to them',
    ]),
    'exporting as JSON': row('format=json, which is complete', [
      roundTrip,
      'is imported into an empty project as it was, with its refs, and exported again the same',
    ]),
    'reconciling a manifest': row('POST /api/projects/{id}/sync with dry_run and prune', [
      'imports/sync.test.ts',
      'as YAML makes and changes what it names, leaves the rest, and does nothing the second time',
    ]),
    'checking the integrity': row(
      'GET /api/system/doctor, millrace doctor, --fix',
      ['e2e/doctor.test.ts', 'finds nothing wrong, also while others write'],
      ['e2e/doctor.test.ts', 'mends the counts while others change them'],
    ),
    'backup of a running server': row('millrace backup and restore', [
      'e2e/backup.test.ts',
      'taken while others write, restores what was acknowledged before, and the server goes on from there',
    ]),
    'files on the command line': row('millrace export, import, findings, sync', [
      cli,
      'a project is exported, imported elsewhere, and kept in step with findings and a manifest',
    ]),
    'changing a project': row('PUT /api/projects/{id}', project),
    'profiles of a workspace': row('profiles of the command line, each with its server and token', [
      cli,
      'stores a token that only its owner can read, and logout revokes it',
    ]),
    'deleting a comment': row('DELETE …/comments/{id}', commented, [
      comments,
      'viewers read, nobody changes those of others, owners and administrators delete any',
    ]),
  },
};
