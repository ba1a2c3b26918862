import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Comments and checklists of tasks. The words of comments are searched with those of their task, in whose search vector they have the
 * weight C, and the numbers of a checklist are kept with the task, so that a list shows them without reading the items.
 */
export class CommentsAndChecklists1796100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "comments" ("id" uuid NOT NULL, "task_id" uuid NOT NULL, "author_id" uuid NOT NULL, "body" text NOT NULL, "mentions" uuid array NOT NULL DEFAULT '{}', "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "version" integer NOT NULL DEFAULT '1', CONSTRAINT "PK_comments" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "comments_task" ON "comments" ("task_id", "id")`);
    await runner.query(
      `CREATE TABLE "checklist_items" ("id" uuid NOT NULL, "task_id" uuid NOT NULL, "text" text NOT NULL, "done_at" TIMESTAMP(3) WITH TIME ZONE, "done_by" uuid, "position" smallint NOT NULL, "version" integer NOT NULL DEFAULT '1', CONSTRAINT "PK_checklist_items" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "checklist_items_task" ON "checklist_items" ("task_id", "position")`);
    for (const name of ['checklist_total', 'checklist_done'])
      await runner.query(`ALTER TABLE "tasks" ADD "${name}" smallint NOT NULL DEFAULT '0'`);
    for (const statement of functions) await runner.query(statement);
    await runner.query(settingWords(true));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(settingWords(false));
    await runner.query(
      `UPDATE tasks SET words = ts_filter(words, '{a,b}') WHERE id IN (SELECT task_id FROM comments)`,
    );
    await runner.query(`DROP FUNCTION comment_words(uuid)`);
    await runner.query(`DROP FUNCTION add_words(tsvector, tsvector)`);
    for (const name of ['checklist_total', 'checklist_done'])
      await runner.query(`ALTER TABLE "tasks" DROP COLUMN "${name}"`);
    await runner.query(`DROP TABLE "checklist_items"`);
    await runner.query(`DROP TABLE "comments"`);
  }
}

const functions = [
  // a search vector takes a megabyte at most: what does not fit any more is not found
  `CREATE FUNCTION add_words(present tsvector, more tsvector) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $$
   BEGIN
     RETURN coalesce(present, '') || more;
   EXCEPTION WHEN program_limit_exceeded THEN
     RETURN present;
   END $$`,
  `CREATE FUNCTION comment_words(task uuid) RETURNS tsvector LANGUAGE plpgsql STABLE AS $$
   DECLARE
     comment text;
     found tsvector := '';
     before tsvector;
   BEGIN
     FOR comment IN SELECT body FROM comments WHERE task_id = task ORDER BY id LOOP
       before := found;
       found := add_words(before, setweight(words_of(comment), 'C'));
       EXIT WHEN length(found) = length(before) AND pg_column_size(found) > 900000;
     END LOOP;
     RETURN found;
   END $$`,
];

/** The same as in the migration SearchWords; the words of comments stay when the title or the description changes. */
const settingWords = (
  withComments: boolean,
) => `CREATE OR REPLACE FUNCTION set_task_words() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     NEW.words := task_words(NEW.title, NEW.description);
     ${withComments ? `IF TG_OP = 'UPDATE' THEN NEW.words := add_words(NEW.words, ts_filter(OLD.words, '{c}')); END IF;` : ''}
     RETURN NEW;
   END $$`;
