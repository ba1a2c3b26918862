import { z } from 'zod';
import { id } from '../../common/fields.js';
import { cursorParameter, nextCursor } from '../../http/keyset.js';
import { queryNumber, querySchema } from '../../http/query.js';
import type { Artifact } from './artifact.entity.js';

export const artifactSchema = z
  .object({
    id,
    path: z.string().meta({ description: 'Relative to the workspace', examples: ['dist/app.js'] }),
    size: z.int().min(0).meta({ description: 'Bytes' }),
    sha256: z.string().meta({ description: 'Of the content, in hexadecimal' }),
  })
  .meta({ id: 'Artifact' });
export type ArtifactView = z.output<typeof artifactSchema>;

export const artifactListQuery = querySchema({
  limit: queryNumber({ least: 1, most: 1000 })
    .default(100)
    .meta({ description: 'The maximum number of items' }),
  cursor: cursorParameter,
});
export type ArtifactListQuery = z.output<typeof artifactListQuery>;

export const artifactPieceQuery = querySchema({
  from_offset: queryNumber({ least: 0, most: Number.MAX_SAFE_INTEGER })
    .default(0)
    .meta({ description: 'The first byte; behind the end nothing is sent' }),
  limit: queryNumber({ least: 1, most: Number.MAX_SAFE_INTEGER })
    .optional()
    .meta({ description: 'The most bytes; all of the rest unless given' }),
});
export type ArtifactPieceQuery = z.output<typeof artifactPieceQuery>;

export const artifactListSchema = z
  .object({ execution_id: id, artifacts: z.array(artifactSchema), next_cursor: nextCursor })
  .meta({ id: 'Artifacts' });
export type ArtifactList = z.output<typeof artifactListSchema>;

export type ArtifactRow = Pick<Artifact, 'id' | 'path' | 'size' | 'sha256'>;

export const toArtifact = ({ id, path, size, sha256 }: ArtifactRow): ArtifactView => ({
  id,
  path,
  size,
  sha256: sha256 ?? '',
});
