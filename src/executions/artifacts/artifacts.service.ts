import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { basename } from 'node:path';
import { AppError } from '../../common/errors.js';
import type { Actor } from '../../common/permissions.js';
import { Keyset } from '../../http/keyset.js';
import { closedSignal } from '../../http/on-closed.js';
import { sendStoredFile } from '../../http/stored-file.js';
import { Database } from '../../infra/database.js';
import { DownloadWatch } from '../../projects/download-watch.js';
import { RequestTurns } from '../../request-limits/request-turns.js';
import { ExecutionsService } from '../executions.service.js';
import { readArtifactBytes, readArtifactPart } from './artifacts.queries.js';
import {
  toArtifact,
  type ArtifactList,
  type ArtifactListQuery,
  type ArtifactPieceQuery,
  type ArtifactRow,
} from './artifacts.schema.js';

/** Lists and sends the files that are kept of runs. Who may see a run may see its files. */
@Injectable()
export class ArtifactsService {
  constructor(
    private readonly database: Database,
    private readonly executions: ExecutionsService,
    private readonly turns: RequestTurns,
    private readonly watch: DownloadWatch,
  ) {}

  /** Lists the files that are kept of a run, by their paths. @throws RESOURCE_NOT_FOUND, VALIDATION_INVALID_FORMAT for the cursor */
  async list(actor: Actor, executionId: string, { limit, cursor }: ArtifactListQuery): Promise<ArtifactList> {
    const { id } = await this.executions.require(actor, executionId, 'read');
    const keyset = new Keyset([['a.path', 'text']], 'asc', ['artifacts', id], cursor);
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const found = await this.database.query<ArtifactRow & Record<string, unknown>>(
      `SELECT a.id, a.path, a.size, a.sha256 FROM artifacts a
        WHERE a.execution_id = $1 AND a.kind = 'file' AND a.is_complete AND ${keyset.after(bind)}
        ${keyset.orderBy} LIMIT ${bind(limit + 1)}`,
      values,
    );
    const { rows, next_cursor } = keyset.cut(found, limit);
    return { execution_id: id, artifacts: rows.map(toArtifact), next_cursor };
  }

  /**
   * Sends a file, or a piece of it, as long as the actor may read it; then the connection is cut, by which alone a client can see that the rest is missing.
   * @throws RESOURCE_NOT_FOUND
   */
  async send(
    reply: FastifyReply,
    actor: Actor,
    executionId: string,
    artifactId: string,
    { from_offset, limit = Infinity }: ArtifactPieceQuery,
  ): Promise<void> {
    const { artifact, project_id } = await this.turns.take(actor, () =>
      this.require(actor, executionId, artifactId),
    );
    const check = (reader: Actor) => this.require(reader, executionId, artifactId);
    // of a command without a project only its requester and administrators can see anything
    const downloaded = { project_id: project_id ?? '', check };
    await this.watch.follow(actor, downloaded, () => reply.raw.destroy(), closedSignal(reply.raw));
    const { id, size, path } = artifact;
    const from = Math.min(from_offset, size);
    const length = Math.min(size - from, limit);
    const readPart = (part: number) =>
      length === size
        ? readArtifactPart(this.database, id, part)
        : readPiece(this.database, id, { from, length }, part);
    const read = (part: number) => this.turns.take(actor, () => readPart(part));
    if (!(await sendStoredFile(reply, { name: basename(path), size: length, read }))) throw notFound(id);
  }

  private async require(
    actor: Actor,
    executionId: string,
    artifactId: string,
  ): Promise<{ artifact: ArtifactRow; project_id: string | null }> {
    const { id, project_id } = await this.executions.require(actor, executionId, 'read');
    const [artifact] = await this.database.query<ArtifactRow & Record<string, unknown>>(
      `SELECT id, path, size, sha256 FROM artifacts
        WHERE id = $1 AND execution_id = $2 AND kind = 'file' AND is_complete`,
      [artifactId, id],
    );
    if (!artifact) throw notFound(artifactId);
    return { artifact, project_id };
  }
}

/** The bytes of a piece that are read at once. */
const pieceBytes = 256 * 1024;

async function readPiece(
  db: Database,
  id: string,
  { from, length }: { from: number; length: number },
  number: number,
): Promise<Buffer | undefined> {
  const begin = number * pieceBytes;
  if (begin >= length) return undefined;
  return readArtifactBytes(db, id, from + begin, Math.min(pieceBytes, length - begin));
}

const notFound = (id: string) => new AppError('RESOURCE_NOT_FOUND', { artifact_id: id });
