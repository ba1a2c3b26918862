import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a kept file counts besides its content: its row and its entries in indexes. */
const besides = `SELECT owner, count(*) * 256 + sum(octet_length(path)) AS bytes FROM artifacts WHERE is_complete GROUP BY owner`;

/** Counts the names of artifacts as stored output, too: a run may keep a thousand files without any content. */
export class ArtifactStorage1797100900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(this.adding('bytes'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(this.adding('-bytes'));
  }

  private adding(bytes: string): string {
    return `INSERT INTO output_usage AS u (owner, shard, bytes) SELECT owner, 0, ${bytes} FROM (${besides}) AS besides
            ON CONFLICT (owner, shard) DO UPDATE SET bytes = u.bytes + excluded.bytes`;
  }
}
