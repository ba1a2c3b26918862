import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseBytes } from '../../common/bytes.js';
import { newId } from '../../common/ids.js';
import { ownerOf } from '../../executions/admission/admission.queries.js';
import { compilePattern } from '../../executions/artifacts/artifact-patterns.js';
import {
  appendPart,
  beginArtifact,
  completeArtifact,
  dropArtifact,
} from '../../executions/artifacts/artifacts.queries.js';
import { readUsage } from '../../executions/output-usage.queries.js';
import type { ClaimedExecution } from '../../executions/transitions/transitions.queries.js';
import type { ConnectionPool } from '../../infra/database.js';
import { isDatabaseAway } from '../../infra/database-errors.js';
import type { SecretPatterns } from '../../secret-masking/secret-patterns.js';
import { summariesOf } from '../../launcher/summaries.js';
import { quoted } from '../../launcher/variables.js';
import { collectorFrames, relativePath } from './collector-frames.js';
import { collectorScript } from './collector-script.js';
import { mostReadBytes, Summary, summaryName } from './summary.js';

/** The most that is kept of a run, and the most files that are begun, of which some may change while they are read. */
const most = { bytes: 50 * 1024 * 1024, files: 1_000, begun: 2_000 };
/** How long files are looked for; reading and storing them may take longer. */
const searchSeconds = 20;
/** Timestamps of files are those of the last tick of the kernel's clock, which is 10 ms before at most. */
const tickMs = 10;
const retryMs = 250;

/** What is read of the workspace of a run. */
export interface Wanted {
  /** When the run began, in milliseconds. */
  since: number;
  hasSummary: boolean;
  hasArtifacts: boolean;
  secrets: SecretPatterns | undefined;
}

/** What was left out of the artifacts of a run. */
export interface Omitted {
  files: number;
  error: string | null;
}

interface Beginning {
  id: string;
  parts: number;
  size: number;
  hash: Hash;
}

/** Stores what the collector reads of the files of a run. It believes none of its numbers: see `collectorFrames`. */
export class RunFiles {
  private readonly summary: Summary;
  private current: Beginning | undefined;
  private files = 0;
  private begun = 0;
  private bytes = 0;
  private omitted: Omitted | undefined;
  private refused = 0;

  constructor(
    private readonly execution: ClaimedExecution,
    private readonly database: ConnectionPool,
    private readonly wanted: Wanted,
  ) {
    this.summary = new Summary(wanted.secrets);
  }

  /** Returns the command line of the collector, with the room that the project has left for the files, and its variables. */
  async command(workspace: string): Promise<{ command: string; variables: Record<string, string> }> {
    const { execution, wanted } = this;
    const room = wanted.hasArtifacts ? Math.min(most.bytes, await this.room()) : 0;
    const patterns = wanted.hasArtifacts ? execution.artifacts.map(compilePattern) : [];
    const values = [
      String((wanted.since - tickMs) / 1000),
      String(room),
      String(most.files),
      String(searchSeconds),
      wanted.hasSummary ? join(summariesOf(workspace), summaryName(execution.id)) : '',
      String(mostReadBytes),
      String(patterns.length),
    ];
    const variables = patterns.map(({ base, source }, index) => {
      const texts = [base, source].map((text) => Buffer.from(text).toString('hex'));
      return [`MILLRACE_PATTERN_${index}`, texts.join(' ')] as const;
    });
    return {
      command: `exec perl -e ${quoted(collectorScript)} ${values.map(quoted).join(' ')}`,
      variables: Object.fromEntries(variables),
    };
  }

  /** Stores what the collector writes until it ends, one file after the other, at the speed of the database. */
  async store(output: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const { kind, content } of collectorFrames(output)) await this.take(kind, content);
    } finally {
      await this.drop();
      await this.storeSummary();
    }
  }

  /** Says what was left out. @param fault why the collector has not ended by itself, if it has not */
  result(fault: string | undefined): Omitted {
    const { files, error } = this.omitted ?? {
      files: 0,
      error: `The files of the run could not be read to their end: ${fault ?? 'what reads them was ended'}`,
    };
    const refused =
      this.refused > 0 ? `Some artifacts were left out: ${this.refused} could not be stored` : null;
    return { files: files + this.refused, error: error ?? refused };
  }

  private async room(): Promise<number> {
    const { project_id } = this.execution;
    const [project] = await this.database.query<{ limit: string | null }>(
      `SELECT resource_limits->>'storage_limit' AS limit FROM projects WHERE id = $1`,
      [project_id],
    );
    const stored = await readUsage(this.database, ownerOf(this.execution));
    return Math.max(0, (parseBytes(project?.limit ?? '') ?? Infinity) - stored);
  }

  private async take(kind: string, content: Buffer): Promise<void> {
    switch (kind) {
      case 'S':
        return this.summary.push(content);
      case 'T':
        return this.summary.cut();
      case 'F':
        return this.begin(content);
      case 'D':
        return this.append(content);
      case 'E':
        return this.complete();
      case 'X':
        return this.drop();
      case 'O':
        this.omitted = omittedOf(content.toString('latin1'));
    }
  }

  private async begin(name: Buffer): Promise<void> {
    await this.drop();
    const path = relativePath(name);
    this.begun += 1;
    const isTooMany = this.files >= most.files || this.begun > most.begun;
    if (path === undefined || isTooMany || !this.wanted.hasArtifacts) {
      this.refused += 1;
      return;
    }
    const id = newId();
    const artifact = { id, owner: ownerOf(this.execution), kind: 'file', path } as const;
    const isBegun = await this.retrying(() => beginArtifact(this.database, this.execution, artifact)).catch(
      (error: unknown) => {
        // one name that cannot be stored leaves the other files alone
        if (isDatabaseAway(error)) throw error;
        return false;
      },
    );
    if (isBegun) this.current = { id, parts: 0, size: 0, hash: createHash('sha256') };
    else this.refused += 1;
  }

  private async append(bytes: Buffer): Promise<void> {
    const { current } = this;
    if (!current || bytes.length === 0) return;
    if (this.bytes + bytes.length > most.bytes) {
      this.refused += 1;
      return this.drop();
    }
    this.bytes += bytes.length;
    current.size += bytes.length;
    current.hash.update(bytes);
    await this.retrying(() => appendPart(this.database, current.id, current.parts, bytes));
    current.parts += 1;
  }

  private async complete(): Promise<void> {
    const { current } = this;
    if (!current) return;
    const artifact = { id: current.id, size: current.size, sha256: current.hash.digest('hex') };
    await this.retrying(() => completeArtifact(this.database, this.execution, artifact));
    this.current = undefined;
    this.files += 1;
  }

  private async drop(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    if (current) await this.retrying(() => dropArtifact(this.database, current.id));
  }

  private async storeSummary(): Promise<void> {
    const text = this.summary.end();
    if (!text) return;
    const { execution, database } = this;
    const id = newId();
    const artifact = {
      id,
      owner: ownerOf(execution),
      kind: 'summary',
      path: summaryName(execution.id),
    } as const;
    if (!(await this.retrying(() => beginArtifact(database, execution, artifact)))) return;
    await this.retrying(() => appendPart(database, id, 0, text));
    const sha256 = createHash('sha256').update(text).digest('hex');
    await this.retrying(() => completeArtifact(database, execution, { id, size: text.length, sha256 }));
  }

  /** Repeats a write while the database is unreachable; the run has its lease until another worker may have taken it over. */
  private async retrying<T>(write: () => Promise<T>): Promise<T> {
    for (let attempts = 0; ; attempts += 1) {
      try {
        return await write();
      } catch (error) {
        if (!isDatabaseAway(error) || attempts === mostAttempts) throw error;
        await delay(retryMs);
      }
    }
  }
}

const mostAttempts = 40;

function omittedOf(text: string): Omitted {
  const [beyond = 0, special = 0, unreadable = 0, unnamed = 0, isEnded = 0, isFaulty = 0] = text
    .split(' ')
    .map((number) => Math.min(Number.parseInt(number, 10) || 0, 10_000_000));
  const reasons = [
    beyond > 0 &&
      `${beyond} did not fit: of a run at most ${most.files} files and 50 MiB are kept, and no more than the storage of the project has room for`,
    special > 0 && `${special} are no plain files, but links, pipes or the like`,
    unreadable > 0 && `${unreadable} could not be read`,
    unnamed > 0 && `${unnamed} have names that are not UTF-8`,
    isEnded > 0 && 'the search was ended early, since there are too many files or folders',
    isFaulty > 0 && 'a pattern could not be used',
  ].filter((reason) => reason !== false);
  const error = reasons.length === 0 ? null : `Some artifacts were left out: ${reasons.join('; ')}`;
  return { files: beyond + special + unreadable + unnamed, error };
}
