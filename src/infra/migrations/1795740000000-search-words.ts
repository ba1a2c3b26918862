import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows in one statement: each takes about 0.3 ms, and locks its row for as long as the statement takes. */
const batch = 2_000;

/**
 * The words of a task as people look for them: by the parts of file names, paths, hosts, versions and identifiers, without accents, and
 * in languages that put no spaces between words by any part. They are kept by a trigger, since the expression of a generated column
 * can only be exchanged by writing the table anew under a lock. Not in one transaction: a million tasks take minutes, while which
 * processes that are still running go on.
 */
export class SearchWords1795740000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of functions) await runner.query(statement);
    await runner.query(`ALTER TABLE "tasks" ADD COLUMN IF NOT EXISTS "words" tsvector`);
    await runner.query(
      `CREATE OR REPLACE TRIGGER tasks_words_of_new BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION set_task_words()`,
    );
    await runner.query(
      `CREATE OR REPLACE TRIGGER tasks_words_of_changed BEFORE UPDATE OF title, description ON tasks FOR EACH ROW
         WHEN (OLD.title IS DISTINCT FROM NEW.title OR OLD.description IS DISTINCT FROM NEW.description)
         EXECUTE FUNCTION set_task_words()`,
    );
    for (let last: string | undefined = '00000000-0000-0000-0000-000000000000'; last !== undefined;) {
      const [row]: { last: string | null }[] = await runner.query(
        `WITH part AS (SELECT id FROM tasks WHERE id > $1 ORDER BY id LIMIT ${batch}),
              filled AS (UPDATE tasks t SET words = task_words(t.title, t.description) FROM part
                          WHERE t.id = part.id AND t.words IS NULL)
         SELECT max(id::text) AS last FROM part`,
        [last],
      );
      last = row?.last ?? undefined;
    }
    // one that was broken off is there and serves nothing
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "tasks_words"`);
    await runner.query(
      `CREATE INDEX CONCURRENTLY "tasks_words" ON "tasks" USING gin ("words") WHERE deleted_at IS NULL`,
    );
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN IF EXISTS "search"`);
    // TypeORM kept what the generated column was made of, and keeps nothing else there
    await runner.query(`DROP TABLE IF EXISTS "typeorm_metadata"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE "tasks" ADD "search" tsvector GENERATED ALWAYS AS (${generatedBefore}) STORED`,
    );
    await runner.query(
      `CREATE INDEX "tasks_search" ON "tasks" USING gin ("search") WHERE deleted_at IS NULL`,
    );
    await runner.query(`DROP TRIGGER tasks_words_of_changed ON tasks`);
    await runner.query(`DROP TRIGGER tasks_words_of_new ON tasks`);
    await runner.query(`ALTER TABLE "tasks" DROP COLUMN "words"`);
    await runner.query(`DROP FUNCTION set_task_words()`);
    await runner.query(`DROP FUNCTION task_words(text, text)`);
    await runner.query(`DROP FUNCTION words_of(text)`);
    await runner.query(`DROP FUNCTION fold_text(text)`);
  }
}

const generatedBefore =
  "setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('english', title), 'A') || " +
  "setweight(to_tsvector('simple', description), 'B') || setweight(to_tsvector('english', description), 'B')";

// the same as in src/tasks/search-words.ts, which folds what is looked for
const marks = '[\\u0300-\\u036f]+';
const separators = '[\\u0001-/:-@\\[-`{-\\u00bf\\u2000-\\u206f\\u2190-\\u2bff\\u3000-\\u303f]+';
const unspaced =
  '[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\U00020000-\\U0002ffff]+';
const camel = '[A-Za-z0-9]*(?:[a-z0-9][A-Z]|[A-Z][A-Z][a-z])[A-Za-z0-9]*';

const functions = [
  // without accents, compatibility forms and punctuation, the v before a version apart; an ASCII text has none of the first two
  `CREATE OR REPLACE FUNCTION fold_text(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
     SELECT regexp_replace(regexp_replace(CASE WHEN given ~ '[^\\x01-\\x7f]'
       THEN normalize(regexp_replace(normalize(given, NFKD), '${marks}', '', 'g'), NFC) ELSE given END, '${separators}', ' ', 'g'),
       '(^| )([vV])(?=[0-9])', '\\1\\2 ', 'g')
   $$`,
  // words whole and by their stem, so that \`authenticati*\` finds authentication; then the parts of identifiers; then each two
  // characters of what has no spaces, which are lexemes of ours and no business of the parser, whose idea of a letter differs
  // from one Postgres to the next
  `CREATE OR REPLACE FUNCTION words_of(given text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
   DECLARE
     folded text := fold_text(given);
     parts text;
     pairs text;
     spaced text := folded;
     found tsvector;
   BEGIN
     IF folded ~ '${unspaced}' THEN
       spaced := regexp_replace(folded, '${unspaced}', ' ', 'g');
       SELECT string_agg(DISTINCT quote_literal(concat(one, next)) || ':1', ' ') INTO pairs
         FROM (SELECT one, lead(one) OVER (PARTITION BY run ORDER BY at) AS next
                 FROM regexp_matches(folded, '${unspaced}', 'g') WITH ORDINALITY AS r (characters, run),
                      unnest(string_to_array(characters[1], NULL)) WITH ORDINALITY AS c (one, at)) AS following;
     END IF;
     found := to_tsvector('simple', spaced) || to_tsvector('english', spaced);
     IF spaced ~ '[a-z0-9][A-Z]|[A-Z][A-Z][a-z]' THEN
       SELECT string_agg(regexp_replace(regexp_replace(word[1], '([a-z0-9])([A-Z])', '\\1 \\2', 'g'),
                                        '([A-Z])([A-Z][a-z])', '\\1 \\2', 'g'), ' ') INTO parts
         FROM regexp_matches(spaced, '${camel}', 'g') AS word;
       found := found || to_tsvector('simple', parts) || to_tsvector('english', parts);
     END IF;
     RETURN CASE WHEN pairs IS NULL THEN found ELSE found || pairs::tsvector END;
   END $$`,
  `CREATE OR REPLACE FUNCTION task_words(title text, description text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
     SELECT setweight(words_of(title), 'A') || setweight(words_of(description), 'B')
   $$`,
  `CREATE OR REPLACE FUNCTION set_task_words() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     NEW.words := task_words(NEW.title, NEW.description);
     RETURN NEW;
   END $$`,
];
