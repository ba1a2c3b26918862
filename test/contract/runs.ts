import type { Evidence, Promises } from './evidence.js';

const groups = 'executions/concurrency.test.ts';
const groupNames = '../src/executions/concurrency.spec.ts';
const schedules = 'schedules/schedules.test.ts';
const placement = 'executions/placement.test.ts';
const labels = '../src/common/worker-labels.spec.ts';
const workers = 'e2e/workers.test.ts';
const shells = 'e2e/shells.test.ts';
const scripts = 'executor/process/scripts.test.ts';
const results = 'executor/process/results.test.ts';
const files = 'e2e/artifacts.test.ts';
const manyFiles = 'e2e/many-files.test.ts';
const patterns = '../src/executions/artifacts/artifact-patterns.spec.ts';
const ends = 'e2e/awaited-ends.test.ts';
const cli = 'cli/cli.test.ts';

const inOrder: Evidence = [
  groups,
  'a group runs its runs one at a time over projects, by priority, then the oldest first',
];
const skips: Evidence = [
  groups,
  'skip refuses a run while its group is full, and names the holder to who may see it',
];
const drained: Evidence = [
  workers,
  'a drained worker finishes what it runs and takes nothing new, until it is resumed',
];
const unmatched: Evidence = [placement, 'what no worker fits waits and says so, and is known to the queue'];
const sharedSlots: Evidence = [
  placement,
  'the slots of a worker are shared by all labels, and the most urgent of any comes first',
];
const chosenShell: Evidence = [shells, 'is that of the task, else that of the project, else sh'];
const changedFiles: Evidence = [files, 'are the files that match and that the run has made or changed'];
const fullStorage: Evidence = [files, 'count for the storage of the project, and are not kept beyond it'];
const cliTasks: Evidence = [cli, 'tasks are created, executed, followed, cancelled and retried'];

/** The promises of docs/placement.md. */
export const placementPromises: Promises = {
  'concurrency groups': {
    'of a task': [inOrder],
    'of a schedule': [[schedules, 'its concurrency group takes the place of that of the task']],
    'hold over all projects and workers, in order': [
      inOrder,
      [groups, 'the limit holds while 40 runs of a group start and end concurrently'],
    ],
    'limit, 1 unless it is said': [
      [groupNames, 'a group has one place and queues unless it is said'],
      [groups, 'the limit that counts is that of the run which is to start'],
    ],
    '{{project}}': [
      [groups, '{{project}} gives each project a group of its own'],
      [groups, 'a group with {{project}} is of its project alone, whoever writes out its name'],
    ],
    '{{input.NAME}}, of no secret': [
      [groups, '{{input.NAME}} stands for a declared input that is no secret'],
      [groupNames, 'takes values as they are, also those that look like placeholders'],
    ],
    'queue: waits with why_waiting concurrency_group': [inOrder],
    'skip: 409 CONCURRENCY_SKIPPED': [
      skips,
      [groups, 'of requests that skip at the same moment, as many are queued as the group has places'],
    ],
    'cancel_running: takes the place of what runs and waits': [
      [groups, 'cancel_running takes the place of what runs and waits in its group'],
      [groups, 'cancel_running leaves the runs of other projects alone and waits for them'],
    ],
    'what also waits for something else holds nobody up': [
      [groups, 'what waits for something else as well holds nobody of its group up'],
      [groups, 'a run in its backoff or behind a task leaves its place to others'],
    ],
    'are refused with their field when they are bad': [[groups, 'bad groups are refused with their field']],
  },
  labels: {
    'WORKER_LABELS, and those of the host': [
      [labels, 'labels of the settings are separated by commas, trimmed and in lower case'],
      [labels, 'a worker has its own labels and those of its host, each once and in order'],
    ],
    'runs_on of a task': [[placement, 'a run goes where its labels are, whatever their case and order']],
    'runs_on of a project': [
      [placement, "a task without labels has those of its project, and [] is any worker's"],
    ],
    no_matching_worker: [unmatched],
    'system.alert after five minutes': [
      [placement, 'administrators are alerted once of labels that no worker has had for five minutes'],
    ],
    'worker_busy while those that fit are drained or full': [drained, sharedSlots],
    'a worker never takes what it cannot run': [
      [placement, 'a run goes where its labels are, whatever their case and order'],
      [placement, 'queues of labels are made anew when Redis was wiped'],
    ],
    'order is kept over label sets': [sharedSlots],
    'a new worker takes what waited for its labels': [
      [
        placement,
        'a label that comes with a new worker starts what waits for it, and its queue is gone when it is not used',
      ],
    ],
    'are refused with their field when they are bad': [
      [placement, 'bad labels are refused with their field'],
      [labels, 'the labels %s are refused'],
    ],
  },
  workers: {
    'labels, slots, busy, host, version, seen, draining': [
      [workers, 'every user sees the workers, and only administrators see their hosts'],
    ],
    'drain and resume, for administrators': [
      drained,
      [workers, 'only administrators drain workers, and only living ones'],
    ],
    'a lost worker is reported once': [
      [workers, 'a killed worker is reported once and forgotten, one that ends cleanly is not reported'],
    ],
    'command line': [[cli, 'queues, users and access tokens are managed']],
  },
};

/** The promises of docs/runs.md about the command and what it leaves. */
export const commandPromises: Promises = {
  shell: {
    'of the task, else of the project, else sh': [
      chosenShell,
      [shells, 'runs the template of a project, too'],
      [shells, 'of a single command is named by it, or by its project'],
    ],
    'any program of the host': [
      [scripts, 'can be named by its path, and by a program that is no shell'],
      [shells, 'that does not exist ends the run with 127 and a message'],
      [shells, 'is refused as %j'],
    ],
    'a first line #! names the interpreter': [
      [scripts, 'leaves a script to the interpreter that its first line names'],
      [scripts, 'is respected'],
      [scripts, 'with %s is not run by another interpreter'],
    ],
    'a script has the pipes, limits and kill of a command': [
      [scripts, 'has the same descriptors as a shell command'],
      [scripts, 'runs under limits that are lower than the size of its script'],
      [scripts, 'is terminated by a signal like a shell command'],
    ],
    'CRLF becomes LF': [
      [results, 'a command with CRLF line ends runs'],
      [scripts, 'gets Unix line ends'],
      [scripts, 'can end with CRLF'],
    ],
    'validate knows the shell': [[shells, 'is what `validate` and the check before a run go by']],
  },
  execution: {
    'output_cut: whether an inline answer is whole': [
      [ends, 'an answer with output says whether it is all of it'],
    ],
    'wait_seconds, 0 to 60: the end if it came': [
      [ends, 'a request that waits is answered with the end of the run'],
      [ends, 'the end of a task is that of its last attempt'],
      [ends, 'a run that takes longer is answered as queued'],
      [ends, 'faulty waits are refused, and unknown tasks'],
    ],
    'waiting shows no more than the caller may see': [
      [ends, 'one who loses sight of the project while waiting learns nothing of the end'],
    ],
    'a timeout above the maximum is refused where it is said': [
      [shells, 'is refused where it is named'],
      [shells, 'is a fault of the line of an import'],
    ],
    'command line': [cliTasks],
  },
  artifacts: {
    'files that match globs, and have changed since the run began': [
      changedFiles,
      [patterns, '%s finds %s'],
      [patterns, '%s does not find %s'],
    ],
    'of each attempt': [[files, 'are kept of each attempt, also of one that failed or took too long']],
    'at most 50 MiB and 1,000 files': [
      [files, 'are at most 50 MiB and 1,000 files a run; of sparse files nothing is read'],
    ],
    'artifacts_omitted counts what was too much': [
      [files, 'are at most 50 MiB and 1,000 files a run; of sparse files nothing is read'],
      [manyFiles, 'a run in a workspace of very many files ends, and says that not all were looked at'],
    ],
    'count for the storage, and are kept as long as output': [fullStorage],
    'listed and downloaded by who sees the run': [
      changedFiles,
      [files, 'are seen by those who see the run, and by its id'],
    ],
    'lead nowhere outside of the workspace': [
      [files, 'are no links, pipes or folders, whatever they lead to'],
      [files, 'that are being exchanged for links while they are read lead nowhere'],
      [patterns, '%j is refused'],
    ],
    'command line': [cliTasks],
  },
  summary: {
    'the Markdown of the file MILLRACE_SUMMARY': [
      [files, 'is shown with the run, and its file is gone'],
      [files, 'is also that of a command without a task, of a failed run, and of one that was cancelled'],
    ],
    'at most 1 MiB, without secrets': [[files, 'has no secrets of the project, and at most 1 MiB']],
  },
};
