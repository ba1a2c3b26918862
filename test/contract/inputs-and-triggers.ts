import type { Evidence, Promises } from './evidence.js';

const firing = 'schedules/firing.test.ts';
const inputs = 'tasks/inputs.test.ts';
const declarations = '../src/executions/inputs/check-inputs.spec.ts';
const triggers = 'triggers/triggers.test.ts';
const groups = 'executions/concurrency.test.ts';
const access = 'e2e/access.test.ts';
const withInputs: Evidence = [firing, 'runs its task with its inputs, those of secrets masked'];
const secretInput: Evidence = [
  inputs,
  'reaches its command and each attempt of it, and is read nowhere else',
];
const value: Evidence = [
  inputs,
  'reaches the command as it is, is shown with the run, and a default stands in for it',
];
const notTaken: Evidence = [
  inputs,
  'that the task does not take is refused with its field, and nothing runs',
];
const declared: Evidence = [declarations, '%j is refused'];
const retried: Evidence = [inputs, 'has the inputs of the last run, or those that are sent'];
const received: Evidence = [
  triggers,
  'runs the task, which finds it and its headers in files that are gone afterwards',
];
const signed: Evidence = [
  triggers,
  'of either family is demanded where there is a secret, which nobody is shown',
];
const mapped: Evidence = [triggers, 'maps pointers of it to inputs, and is refused where they are none'];
const passedOn: Evidence = [
  triggers,
  'is passed on as it is, also when it is no JSON, and each attempt gets it',
];
const again: Evidence = [triggers, 'that is sent again gives the first answer, also when both come at once'];
const filtered: Evidence = [triggers, 'is skipped while the task runs, and when it is not for the trigger'];
const urlAccess: Evidence = [
  triggers,
  'the URL is for who may run tasks in the project, and nobody else learns that there is a trigger',
];
const inSomeonesName: Evidence = [
  triggers,
  'it runs in the name of its maker, who must still have the right',
];
const everyRole: readonly Evidence[] = [
  [access, 'every route except the public ones requires a token'],
  [access, 'a viewer may read everything and change only personal data'],
  [access, 'a developer may do everything except administration'],
  [access, 'a token with the scope %s opens the routes of that scope and no other'],
];
const sdk: Evidence = ['sdk/client.test.ts', 'every route of the OpenAPI document has a method'];

/** The promises of docs/runs.md about inputs. */
export const inputPromises: Promises = {
  declarations: {
    'string, number, boolean, choice, secret': [
      declared,
      [declarations, 'are read as their type, with defaults, and secrets apart'],
    ],
    'choices, default, required, pattern': [
      declared,
      notTaken,
      [declarations, 'may be required, and a value of 100 KiB is one'],
      [declarations, '%j is refused with its field'],
    ],
    'names as of shell variables, no two alike': [
      declared,
      [declarations, 'two names may not become one variable'],
    ],
    'at most 50': [[declarations, 'are bounded in number and size']],
    'a pattern is tried with a bound on its time': [
      [declarations, 'a pattern that would take too long over a value is said not to be compared'],
    ],
  },
  values: {
    'of execute': [value, notTaken],
    'of the command line: -i name=value, from files and the standard input': [
      ['cli/cli.test.ts', 'inputs of a run are given by name, from files and from the standard input'],
    ],
    'of retry: those of the last run, or what is sent as a whole': [retried],
    'of schedules': [withInputs],
    'of triggers': [mapped],
    'are refused with 422 and the field': [notTaken, [declarations, '%j is refused with its field']],
    'of at most 100 KiB each, and bounded in all': [
      [inputs, 'may have 100 KiB'],
      [declarations, 'are bounded in all'],
    ],
    'are shown with the run': [value],
    'reach the command verbatim as INPUT_NAME, never in its text': [
      value,
      [declarations, 'become variables as they are'],
    ],
    'count in the check of the command': [[inputs, 'counts in the check of the command']],
  },
  secrets: {
    'are masked where runs and outputs are shown, in summaries and events': [secretInput],
    'are sealed at rest': [secretInput],
    'are in no error': [[inputs, 'is in no refusal']],
    'are not among the arguments of a process': [secretInput],
    'have no default': [declared],
    'may not stand in the name of a group': [
      [groups, '{{input.NAME}} stands for a declared input that is no secret'],
    ],
    'are taken again by a retry': [
      [inputs, 'is taken again by a retry, also when it cannot be read any more and so must be sent'],
    ],
  },
};

/** The promises of docs/triggers.md. */
export const triggerPromises: Promises = {
  operations: {
    'make, show, change, delete': [
      received,
      [triggers, 'another URL replaces that of before, and a deleted trigger opens nothing'],
      ...everyRole,
    ],
    'the URL is shown to who may run tasks, and to nobody else': [urlAccess],
    'another URL replaces that of before': [
      [triggers, 'another URL replaces that of before, and a deleted trigger opens nothing'],
    ],
    'the log says what became of each message': [received, mapped, signed],
    'records of who did what': [[triggers, 'who made, changed and deleted it is recorded']],
    'OpenAPI and SDK': [sdk],
    'the command line': [
      [
        'cli/cli.test.ts',
        'triggers are made, shown, changed, rotated and deleted, and say what reached them',
      ],
    ],
  },
  messages: {
    '202 with the run': [received],
    'the body and the headers are files, gone after the run': [received],
    'a body that is no JSON is passed on as it is': [passedOn],
    'each attempt gets it': [passedOn],
    'inputs_from: values at pointers, 422 where they are not taken': [mapped],
    'the same delivery id gives the first answer': [again, signed],
    'filter: events, branches, match; else 200 skipped': [filtered],
    'the task runs already: 200 skipped': [filtered],
    'a trigger that is switched off: 200 skipped': [filtered],
    'of at most 2 MiB': [
      [triggers, 'that is too large is refused, and one without a known token is not even read'],
    ],
    '60 a minute for each token': [
      [
        'e2e/rate-limit.test.ts',
        'a URL of a trigger takes 60 messages a minute from anybody, and another has its own count',
      ],
    ],
  },
  trust: {
    'with a secret, either family of signatures is demanded': [signed],
    'Standard Webhooks within five minutes': [signed],
    'it runs as its maker, who must have the right': [inSomeonesName],
    'the token is in no log': [[triggers, 'the token is in no line of the log']],
    'secret and token are sealed': [signed],
  },
};
