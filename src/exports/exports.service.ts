import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { Actor } from '../common/permissions.js';
import { hasScope, scopesOf } from '../common/scopes.js';
import { Database } from '../infra/database.js';
import { DownloadWatch } from '../projects/download-watch.js';
import { ProjectAccess } from '../projects/project-access.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import { exportCsv } from './export-csv.js';
import { exportJson } from './export-json.js';
import { exportMarkdown } from './export-markdown.js';
import { ExportReader } from './export-reader.js';
import type { ReadInTurn } from './read-in-turn.js';
import { exportMedia, type ExportQuery } from './exports.schema.js';

/** Chunks are collected up to this size, so that a large export is not sent in small packets. */
const chunkCharacters = 64 * 1024;

/** Writes projects as files. */
@Injectable()
export class ExportsService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
    private readonly turns: RequestTurns,
    private readonly watch: DownloadWatch,
  ) {}

  /**
   * Exports a project: its tasks, archived ones too, as far as the actor may see them.
   * @param end cuts the export off when the actor loses the right to it
   * @param signal aborted when the client has gone
   * @throws PROJECT_NOT_FOUND
   */
  async open(
    actor: Actor,
    projectName: string,
    { format, files }: ExportQuery,
    end: () => void,
    signal: AbortSignal,
  ): Promise<{ name: string; mediaType: string; body: Readable }> {
    const project = await this.projects.require(actor, projectName, 'read');
    const check = (reader: Actor) => this.projects.require(reader, project.id, 'read');
    await this.watch.follow(actor, { project_id: project.id, check }, end, signal);
    const read: ReadInTurn = (work) => this.turns.take(actor, () => work(this.database));
    const reader = new ExportReader(read, actor, { id: project.id, isOwner: project.access === 'owner' });
    const showsProject = hasScope(actor, scopesOf('projects', 'read'));
    const pieces =
      format === 'json'
        ? exportJson({ project, reader, read, files, showsProject })
        : format === 'csv'
          ? exportCsv(reader)
          : exportMarkdown(showsProject ? project : { ...project, description: '' }, reader);
    const { type, extension } = exportMedia[format];
    const day = new Date().toISOString().slice(0, 10);
    return {
      name: `${project.key.toLowerCase()}-${day}.${extension}`,
      mediaType: type,
      body: Readable.from(chunksOf(pieces), { objectMode: false, highWaterMark: chunkCharacters }),
    };
  }
}

async function* chunksOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const piece of pieces) {
    chunk += piece;
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
