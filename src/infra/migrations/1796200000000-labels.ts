import type { MigrationInterface, QueryRunner } from 'typeorm';

const nil = `'00000000-0000-0000-0000-000000000000'`;
// the same as in src/activity/activity-log.ts
const uuid7 = `encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid`;

/** The most labels of a project that are made by attaching them: further tags are attached without an entry. */
const mostMade = 10_000;

/** The catalogue of labels, with an entry for each tag that a task has by now. */
export class Labels1796200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "labels" ("id" uuid NOT NULL, "project_id" uuid, "kind" text NOT NULL DEFAULT 'task', "name" text NOT NULL, "color" text, "description" text NOT NULL DEFAULT '', "created_by" uuid, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "archived_at" TIMESTAMP(3) WITH TIME ZONE, "version" integer NOT NULL DEFAULT '1', CONSTRAINT "PK_labels" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "labels_name" ON "labels" (coalesce("project_id", ${nil}), "kind", lower("name"))`,
    );
    await runner.query(`CREATE INDEX "labels_project" ON "labels" ("project_id", "id")`);
    await runner.query(
      `INSERT INTO labels (id, project_id, name)
       SELECT ${uuid7}, project_id, name FROM (
         SELECT project_id, min(tag) AS name, row_number() OVER (PARTITION BY project_id ORDER BY count(*) DESC) AS place
           FROM tasks CROSS JOIN LATERAL unnest(tags) AS tag WHERE deleted_at IS NULL GROUP BY project_id, lower(tag)) AS used
        WHERE place <= ${mostMade}`,
    );
    await runner.query(attaching);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION attach_labels(uuid, uuid, text[])`);
    await runner.query(`DROP TABLE "labels"`);
  }
}

// Makes entries for the names that neither the project nor the installation has, and returns each name as the catalogue spells it.
const attaching = `CREATE FUNCTION attach_labels(of_project uuid, who uuid, names text[]) RETURNS text[] LANGUAGE plpgsql AS $$
   DECLARE
     missing text[];
   BEGIN
     IF names = '{}' THEN
       RETURN names;
     END IF;
     -- in one order, so that two who make the same labels do not wait for each other in a circle
     SELECT array_agg(n.name ORDER BY lower(n.name)) INTO missing FROM unnest(names) AS n (name)
      WHERE NOT EXISTS (SELECT 1 FROM labels l WHERE l.kind = 'task' AND lower(l.name) = lower(n.name)
                           AND coalesce(l.project_id, ${nil}) IN (of_project, ${nil}));
     IF missing IS NOT NULL AND (SELECT count(*) FROM labels WHERE project_id = of_project) < ${mostMade} THEN
       INSERT INTO labels (id, project_id, name, created_by)
       SELECT ${uuid7}, of_project, n.name, who FROM unnest(missing) AS n (name) ON CONFLICT DO NOTHING;
     END IF;
     RETURN ARRAY(
       SELECT s.name FROM (
         SELECT coalesce(own.name, wide.name, n.name) AS name, min(n.place) AS place
           FROM unnest(names) WITH ORDINALITY AS n (name, place)
           LEFT JOIN labels own ON coalesce(own.project_id, ${nil}) = of_project AND own.kind = 'task' AND lower(own.name) = lower(n.name)
           LEFT JOIN labels wide ON coalesce(wide.project_id, ${nil}) = ${nil} AND wide.kind = 'task' AND lower(wide.name) = lower(n.name)
          GROUP BY 1) AS s ORDER BY s.place);
   END $$`;
