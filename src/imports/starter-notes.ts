import { AppError } from '../common/errors.js';
import type { FileContents } from './formats/contents.js';

/** Notes what is wrong with one schedule or trigger of a file, and what became of it. */
export class StarterNotes {
  constructor(
    private readonly contents: FileContents,
    private readonly line: number,
  ) {}

  warn(field: string, issue: string): void {
    this.contents.addWarning(this.line, field, issue);
  }

  /** Notes that it is switched off. */
  switchedOff(): void {
    this.warn('enabled', 'It is switched off: switch it on when you have looked at it');
  }

  /**
   * Notes why it cannot be imported: as a fault, or for an export as a warning, since the project that was exported may have it all the same.
   * @param field as the file names it
   */
  leaveOut(field: string, issue: string): undefined {
    if (this.contents.sourceId === undefined) this.contents.addFault(this.line, field, issue);
    else this.warn(field, `${issue}: it is left out`);
    return undefined;
  }

  /** Notes what a check finds wrong. @returns whether it finds nothing */
  accepts(check: () => void): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { field, issue } = error.details as { field?: string; issue?: string };
      this.leaveOut(field === 'task_id' ? 'task' : (field ?? ''), issue ?? error.message);
      return false;
    }
  }
}
