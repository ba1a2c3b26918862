import { z } from 'zod';

/** The program that runs a command for which neither its task nor its project names another. */
export const usualShell = 'sh';

/** A program of the host that runs a text given with `-c`: a name that is looked up in PATH, or an absolute path. */
export const shell = z
  .string()
  .max(255)
  .regex(
    /^(\/[^\p{Cc}]+|[A-Za-z0-9_][A-Za-z0-9_.+-]*)$/u,
    'Name a program, such as bash, or its absolute path; it takes no arguments',
  )
  .meta({
    description:
      'The program that runs the command with `-c`, such as bash; a first line `#!` in the command names an interpreter instead',
    examples: ['bash'],
  });

/**
 * Decides which program runs a command.
 * @param own what the task or the request names
 * @param settings those of the project; older versions stored them without a check, so that the shell may be of any type
 */
export function shellFor(own: string | null, settings: { shell?: unknown }): string {
  return own ?? shell.safeParse(settings.shell).data ?? usualShell;
}
