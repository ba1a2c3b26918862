import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Plans of tasks, docs and memory of projects, with the versions of plans and docs. */
export class Documents1796300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "documents" ("id" uuid NOT NULL, "kind" text NOT NULL, "project_id" uuid, "task_id" uuid, "title" text NOT NULL DEFAULT '', "body" text NOT NULL, "tags" text array NOT NULL DEFAULT '{}', "created_by" uuid NOT NULL, "updated_by" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "version" integer NOT NULL DEFAULT '1', "bytes" bigint NOT NULL, "words" tsvector, CONSTRAINT "PK_documents" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX "documents_task" ON "documents" ("task_id", "id") WHERE task_id IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX "documents_project" ON "documents" ("project_id", "kind", "id") WHERE project_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX "documents_words" ON "documents" USING gin ("words")`);
    await runner.query(`CREATE INDEX "documents_tags" ON "documents" USING gin ("tags")`);
    await runner.query(
      `CREATE TABLE "document_versions" ("document_id" uuid NOT NULL, "version" integer NOT NULL, "title" text NOT NULL, "body" text NOT NULL, "change_note" text, "author_id" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_document_versions" PRIMARY KEY ("document_id", "version"))`,
    );
    for (const statement of settingWords) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "document_versions"`);
    await runner.query(`DROP TABLE "documents"`);
    await runner.query(`DROP FUNCTION set_document_words()`);
  }
}

// A search vector takes a megabyte at most, which the words of the longest texts can exceed: of a text, the beginning is searched.
const settingWords = [
  `CREATE FUNCTION set_document_words() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     NEW.words := add_words(setweight(words_of(NEW.title), 'A'), setweight(words_of(left(NEW.body, 100000)), 'B'));
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER documents_words_of_new BEFORE INSERT ON documents FOR EACH ROW EXECUTE FUNCTION set_document_words()`,
  `CREATE TRIGGER documents_words_of_changed BEFORE UPDATE OF title, body ON documents FOR EACH ROW
     WHEN (OLD.title IS DISTINCT FROM NEW.title OR OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION set_document_words()`,
];
