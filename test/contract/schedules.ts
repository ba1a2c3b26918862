import type { Evidence, Promises } from './evidence.js';

const schedules = 'schedules/schedules.test.ts';
const firing = 'schedules/firing.test.ts';
const refused = 'schedules/refused-times.test.ts';
const clock = 'schedules/clock.test.ts';
const crash = 'schedules/crash.test.ts';
const times = '../src/schedules/schedule-times.spec.ts';
const expressions = '../src/schedules/cron-expression.spec.ts';
const cli = 'cli/cli.test.ts';
const access = 'e2e/access.test.ts';
const made: Evidence = [schedules, 'is made, read, listed, changed and deleted'];
const refusedFields: Evidence = [schedules, 'is refused with the field: %j'];
const previewed: Evidence = [schedules, 'shows the next times, across a change of clocks'];
const explained: Evidence = [schedules, 'explains a faulty expression'];
const expression: Evidence = [expressions, '%s fires next at %s'];
const fires: Evidence = [firing, 'fires by itself, each once, and makes a task each'];
const withInputs: Evidence = [firing, 'runs its task with its inputs, those of secrets masked'];
const skippedOrWaits: Evidence = [firing, 'a time is skipped, or waits and runs behind it, one at most'];
const jumps: Evidence = [
  clock,
  'no time fires twice and none is lost while the clock of the host jumps back and forth by an hour',
];
const manyAtOnce: Evidence = [firing, 'many that are due at once fire once each, over all processes'];
const crashes: Evidence = [
  crash,
  'each time fires once, although every process is killed while it stores many of them together',
];
const makers: Evidence = [firing, 'a maker who is disabled, no member any more, or a viewer now'];
const inBerlin: Evidence = [times, 'in Berlin: %s'];
const cliSchedules: Evidence = [cli, 'schedules are previewed, made, shown, changed, started and deleted'];
const everyRole: readonly Evidence[] = [
  [access, 'every route except the public ones requires a token'],
  [access, 'a viewer may read everything and change only personal data'],
  [access, 'a developer may do everything except administration'],
  [access, 'a token with the scope %s opens the routes of that scope and no other'],
];
const sdk: Evidence = ['sdk/client.test.ts', 'every route of the OpenAPI document has a method'];

/** The promises of docs/schedules.md. */
export const schedulePromises: Promises = {
  operations: {
    'list, make, show, change, delete': [made, ...everyRole],
    'start it now': [[firing, 'somebody starts it now, with their own rights, and its times stay']],
    'what became of its times, with reason and run': [fires, skippedOrWaits],
    'preview of up to 100 times, across a change of clocks': [previewed],
    'a faulty expression is explained': [explained, [expressions, 'explains what is wrong with "%s"']],
    'OpenAPI and SDK': [sdk],
    'command line': [cliSchedules],
    'records of who did what': [[schedules, 'records who did what to it']],
    'events for webhooks and sockets': [[firing, 'is heard of by webhooks and sockets']],
    'who may see, make, change and start it': [
      [schedules, 'who cannot see the project sees no schedule; who may only read makes and starts none'],
      [schedules, 'a token needs the scope to execute, and for a template also that to make tasks'],
    ],
  },
  fields: {
    'name, description, enabled': [made],
    'cron: five or six fields, names, ranges, steps, L, W, #, @daily': [expression],
    'cron: fields are read as by another parser': [
      [expressions, 'reads the fields of a date alike'],
      [expressions, 'reads the fields of a time alike'],
    ],
    'cron that never fires is refused': [[expressions, '%s never fires'], refusedFields],
    'every: counted from starts_at, its first time': [
      [schedules, 'counts an interval from its start, which is its first time'],
    ],
    'every: at least one second': [refusedFields],
    'timezone: its own, that of the project, or UTC': [
      [schedules, 'has the time zone of its project, also when that changes'],
      [times, 'knows the zones of IANA and no others'],
    ],
    'task_id: a task of the project': [[schedules, 'has a task of its project, or makes it there']],
    'template: a new task each time': [
      fires,
      [schedules, 'keeps a template as it was sent, with what it leaves out'],
    ],
    'template: {{date}}, {{time}}, {{occurrence}} in the title': [fires],
    'template: project_id only of its own project': [
      [schedules, 'has a task of its project, or makes it there'],
    ],
    'inputs and priority of its runs': [withInputs],
    'concurrency in place of that of the task': [
      [schedules, 'its concurrency group takes the place of that of the task'],
    ],
    'overlap: skip, the default': [
      made,
      skippedOrWaits,
      [firing, 'of a template, a time waits for the task that it has made'],
    ],
    'overlap: queue, one waits': [skippedOrWaits],
    'overlap: replace cancels what runs': [[firing, 'a time replaces it']],
    'overlap: allow, for templates': [
      [firing, 'a time of a template that allows it runs beside the last run'],
      refusedFields,
    ],
    'catch_up: latest, the default': [
      made,
      [firing, 'the latest time is made up for, and that the others were missed is kept'],
    ],
    'catch_up: none': [[firing, 'none is']],
    'catch_up: all, one after the other, the oldest first': [
      [firing, 'all are, one after the other, the oldest first'],
    ],
    'catch_up: at most the latest 100': [[firing, 'of many thousand times the latest hundred are kept']],
    'catch_up: nothing from before it was made or while it was off': [
      [refused, 'neither times before it was made are made up for, nor those while it was switched off'],
    ],
    'starts_at, ends_at': [previewed, refusedFields, [times, 'within bounds, which belong to them']],
    'jitter_seconds: fixed for each time': [[times, 'delays an occurrence always alike, within the bound']],
    'next_runs, last_run, consecutive_failures': [
      made,
      withInputs,
      [firing, 'it is switched off after failed runs in a row, which tells its maker'],
    ],
    'disable_after_failures: switched off with an alert': [
      [firing, 'it is switched off after failed runs in a row, which tells its maker'],
    ],
  },
  'change of clocks': {
    'a time in the gap fires at its end, several as one': [inBerlin, [times, 'in New York']],
    'a time in the fold fires the first time round': [inBerlin, [times, 'from within the second round']],
    'gaps of half an hour and of a day': [
      [times, 'on Lord Howe Island, by half an hour'],
      [times, 'by a whole day, as on Samoa at the end of 2011'],
    ],
    'what names no hours goes by elapsed time': [
      inBerlin,
      [times, 'of an interval, through a change of clocks'],
    ],
    'an hour field other than * names hours': [[expressions, '%s names hours: %s']],
  },
  'each time once': {
    'over all processes': [manyAtOnce],
    'through crashes': [crashes],
    'when the clock of the host jumps': [
      jumps,
      [firing, 'is not fired again when the clock of the host is put back'],
    ],
    'schedules that are not due cost nothing': [
      [refused, 'what is due next is found in few blocks among 10,000 schedules'],
    ],
    'occurrences are kept for 90 days, and at least the last 100': [
      [
        refused,
        'occurrences are kept for 90 days, the latest hundred for longer, and none of a deleted schedule',
      ],
    ],
  },
  'what is in the way is the reason of a skipped time': {
    'the task runs already': [skippedOrWaits],
    'an archived project or task, a task that is gone': [
      [firing, 'an archived task, an archived project, a task that is gone'],
    ],
    'maintenance, an unsafe command, a required input': [
      [firing, 'maintenance, an unsafe command, a required input'],
    ],
    'a full queue': [[refused, 'while the queue is full']],
    'an open dependency': [[refused, 'while a task that it depends on is open']],
    'a full concurrency group': [[refused, 'while its concurrency group is full']],
    'a maker without the right: MAKER_DISABLED': [makers],
    'who changes what it runs becomes its maker': [
      [schedules, 'who changes what a schedule runs is the one with whose rights it runs'],
    ],
    'a paused queue is none: the run waits': [
      [refused, 'in a paused queue the run waits, and what comes meanwhile is one of an unfinished run'],
    ],
  },
};
