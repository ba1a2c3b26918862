import type { DoctorReport } from '@millrace/sdk';
import type { Command } from 'commander';
import { exitCodes } from '../cli-error.js';
import { Context } from '../context.js';
import type { Terminal } from '../terminal.js';

const colours = { ok: 'green', warning: 'yellow', error: 'red', skipped: 'dim' } as const;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the installation: counts, search, queue, leases, orphans, migrations, clock and disk')
    .option('--fix', 'mend what is safe to mend while others work')
    .addHelpText(
      'after',
      `
For administrators. Ends with 1 when something is wrong, with --fix when something still is; a check that was skipped counts for nothing.

Examples:
  millrace doctor
  millrace doctor --fix
  millrace doctor --json | jq '.checks[] | select(.status != "ok")'`,
    )
    .action(async ({ fix }: { fix?: boolean }, command: Command) => {
      const { client, terminal } = Context.of(command);
      const progress = terminal.progress(fix ? 'Mending' : 'Checking');
      const answer = await (fix ? client.system.doctorFix() : client.system.doctor()).finally(() =>
        progress.end(),
      );
      const report = 'report' in answer ? answer.report : answer;
      const fixes = 'fixes' in answer ? answer.fixes : [];
      terminal.show(answer, () =>
        [
          ...fixes.map(({ name, message }) => `fixed    ${name}: ${message}`),
          ...linesOf(terminal, report),
        ].join('\n'),
      );
      if (report.status !== 'ok') process.exitCode = exitCodes.failed;
    });
}

/** What is wrong comes last, where the eye is when the command has ended. */
function linesOf(terminal: Terminal, { status, checks }: DoctorReport): string[] {
  const order = ['ok', 'skipped', 'warning', 'error'];
  const lines = checks
    .toSorted((one, other) => order.indexOf(one.status) - order.indexOf(other.status))
    .map((check) => {
      const hint = check.fixable ? ' (millrace doctor --fix)' : '';
      const details =
        check.status === 'ok' || !check.details ? '' : `\n         ${JSON.stringify(check.details)}`;
      return `${terminal.colour(colours[check.status], check.status.padEnd(8))} ${check.name}: ${check.message}${hint}${details}`;
    });
  return [...lines, status === 'ok' ? 'Nothing is wrong' : 'Something is wrong'];
}
