/** The dangers that make a command unsafe, each with its warning and with suggestions of what to do instead. */
const dangers = {
  delete: {
    warning: 'Command attempts to delete system files',
    suggestions: [
      "Use 'rm -rf ./directory' to delete specific directory",
      "Use 'ls' to list files before deletion",
    ],
  },
  move: {
    warning: 'Command attempts to move system files away',
    suggestions: ["Use 'cp -r' to work on a copy in the workspace"],
  },
  write: {
    warning: 'Command attempts to write to a system path',
    suggestions: ['Write to a file in the workspace or below /tmp'],
  },
  device: {
    warning: 'Command attempts to overwrite a device',
    suggestions: ['Write to an image file in the workspace instead of a device'],
  },
  permissions: {
    warning: 'Command attempts to change the owner or the permissions of system files',
    suggestions: ["Use 'chmod' and 'chown' on files in the workspace only"],
  },
  download: {
    warning: 'Command runs what it downloads without a look at it',
    suggestions: ["Download to a file with 'curl -fsSLo install.sh URL', read it, then run 'sh install.sh'"],
  },
  bomb: {
    warning: 'Command starts itself again without an end (a fork bomb)',
    suggestions: ['Give the recursion an end, and wait for what it starts'],
  },
  power: {
    warning: 'Command attempts to stop or restart the machine',
    suggestions: ['Ask an administrator to stop or restart the machine'],
  },
  kill: {
    warning: 'Command attempts to end processes that it did not start',
    suggestions: ["Use 'kill PID' with the id of a process of your own"],
  },
  hidden: {
    warning: 'Command hides what it runs on system files',
    suggestions: ['Write the name of the program as it is'],
  },
  complex: {
    warning: 'Command is too complex to be checked',
    suggestions: ['Put it into a script file in the workspace, or split it'],
  },
} as const;

/** The warnings for commands that are allowed but may be mistakes, each with suggestions. */
const advices = {
  force_push: {
    warning: 'Command overwrites history on the remote',
    suggestions: ["Use 'git push --force-with-lease' to keep what others have pushed"],
  },
  discard: {
    warning: 'Command discards work that is not committed',
    suggestions: [
      "Use 'git stash' to keep uncommitted work",
      "Use 'git clean -n' to list what would be removed",
    ],
  },
  workspace: {
    warning: 'Command deletes everything in a folder of the workspace',
    suggestions: ["Use 'ls' to list files before deletion"],
  },
  perhaps_root: {
    warning: 'Command deletes from the root folder if a variable in it is empty',
    suggestions: ['Write ${NAME:?} so that an empty variable ends the command'],
  },
  open: {
    warning: 'Command lets everybody change the files',
    suggestions: ["Use 'chmod -R u+rwX' to give access to the owner only"],
  },
  privilege: {
    warning: 'Command asks for the rights of another user',
    suggestions: ['Commands run unattended: one that asks for a password fails'],
  },
} as const;

export type Danger = keyof typeof dangers;
export type Advice = keyof typeof advices;

/** The first warning of every unsafe command. */
const preamble = 'This command is potentially destructive';

/** The findings in a command, without duplicates. */
export class Findings {
  private readonly found = new Map<string, Danger>();
  private readonly advice = new Set<Advice>();

  /** Adds a danger. @param subject the path or device for the message */
  danger(danger: Danger, subject?: string): void {
    const { warning } = dangers[danger];
    // The root is not named, and a name beyond 200 characters does not help a reader.
    const named = subject !== undefined && subject !== '/' && subject !== '' && subject.length <= 200;
    if (this.found.size < 20) this.found.set(named ? `${warning}: ${subject}` : warning, danger);
  }

  advise(advice: Advice): void {
    this.advice.add(advice);
  }

  get safe(): boolean {
    return this.found.size === 0;
  }

  get warnings(): string[] {
    const unsafe = this.safe ? [] : [preamble, ...this.found.keys()];
    return [...unsafe, ...[...this.advice].map((name) => advices[name].warning)];
  }

  get suggestions(): string[] {
    const lists = [
      ...[...this.found.values()].map((name) => dangers[name]),
      ...[...this.advice].map((name) => advices[name]),
    ];
    return [...new Set(lists.flatMap(({ suggestions }): readonly string[] => suggestions))];
  }
}
