import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Foundation1795334681413 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // a function, because TypeORM cannot compare a default that has casts in it
    await runner.query(
      `CREATE FUNCTION current_transaction_number() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT pg_current_xact_id()::text::bigint'`,
    );
    await runner.query(
      `CREATE TABLE "activity" ("sequence" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "id" uuid NOT NULL, "transaction" bigint NOT NULL DEFAULT current_transaction_number(), "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "actor_id" uuid, "session_id" uuid, "request_id" text, "entity_type" text NOT NULL, "entity_id" uuid NOT NULL, "project_id" uuid, "action" text NOT NULL, "old_value" jsonb, "new_value" jsonb, CONSTRAINT "PK_f7cde38bb2b1c00dcc7f340f0bf" PRIMARY KEY ("sequence"))`,
    );
    await runner.query(`CREATE INDEX "activity_at" ON "activity"  ("at") `);
    await runner.query(`CREATE INDEX "activity_actor" ON "activity"  ("actor_id", "sequence") `);
    await runner.query(
      `CREATE INDEX "activity_session" ON "activity"  ("session_id", "sequence") WHERE session_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX "activity_project" ON "activity"  ("project_id", "sequence") `);
    await runner.query(`CREATE INDEX "activity_entity" ON "activity"  ("entity_id", "sequence") `);
    await runner.query(
      `CREATE TABLE "webhook_deliveries" ("id" uuid NOT NULL, "webhook_id" uuid NOT NULL, "sequence" BIGSERIAL NOT NULL, "event" text NOT NULL, "data" jsonb NOT NULL, "status" text NOT NULL DEFAULT 'pending', "attempts" integer NOT NULL DEFAULT '0', "attempts_before" integer NOT NULL DEFAULT '0', "next_attempt_at" TIMESTAMP(3) WITH TIME ZONE, "last_attempt_at" TIMESTAMP(3) WITH TIME ZONE, "response_status" integer, "response_body" text, "error" text, "duration_ms" integer, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "delivered_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_535dd409947fb6d8fc6dfc0112a" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX "webhook_deliveries_webhook" ON "webhook_deliveries"  ("webhook_id", "sequence") `,
    );
    await runner.query(
      `CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries"  ("webhook_id", "next_attempt_at") WHERE status = 'pending'`,
    );
    await runner.query(
      `CREATE TABLE "webhooks" ("id" uuid NOT NULL, "project_id" uuid, "url" text NOT NULL, "description" text NOT NULL DEFAULT '', "events" text array NOT NULL, "secret" text NOT NULL, "previous_secret" text, "previous_secret_expires_at" TIMESTAMP(3) WITH TIME ZONE, "active" boolean NOT NULL DEFAULT true, "created_by" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "deleted_at" TIMESTAMP(3) WITH TIME ZONE, "version" integer NOT NULL DEFAULT '1', CONSTRAINT "PK_9e8795cfc899ab7bdaa831e8527" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "webhooks_project" ON "webhooks"  ("project_id") `);
    await runner.query(
      `CREATE TABLE "refresh_tokens" ("id" uuid NOT NULL, "family_id" uuid NOT NULL, "user_id" uuid NOT NULL, "token_hash" bytea NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "used_at" TIMESTAMP(3) WITH TIME ZONE, "revoked_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_7d8bee0204106019488c4c50ffa" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "refresh_tokens_user" ON "refresh_tokens"  ("user_id") `);
    await runner.query(`CREATE UNIQUE INDEX "refresh_tokens_hash_key" ON "refresh_tokens"  ("token_hash") `);
    await runner.query(`CREATE INDEX "refresh_tokens_family" ON "refresh_tokens"  ("family_id") `);
    await runner.query(
      `CREATE TABLE "executions" ("id" uuid NOT NULL, "task_id" uuid, "project_id" uuid, "session_id" uuid, "requested_by" uuid NOT NULL, "queue" smallint NOT NULL DEFAULT '1', "boosted" boolean NOT NULL DEFAULT false, "status" text NOT NULL, "reason" text, "command" text NOT NULL, "working_directory" text NOT NULL DEFAULT '', "environment" jsonb NOT NULL DEFAULT '{}', "timeout" integer NOT NULL, "retries_left" smallint NOT NULL DEFAULT '0', "attempt" smallint NOT NULL DEFAULT '1', "retry_of" uuid, "not_before" TIMESTAMP(3) WITH TIME ZONE, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "admitted_at" TIMESTAMP(3) WITH TIME ZONE, "started_at" TIMESTAMP(3) WITH TIME ZONE, "finished_at" TIMESTAMP(3) WITH TIME ZONE, "exit_code" integer, "pid" integer, "worker_id" uuid, "generation" integer NOT NULL DEFAULT '0', "lease_expires_at" TIMESTAMP(3) WITH TIME ZONE, "cancel_requested_at" TIMESTAMP(3) WITH TIME ZONE, "cancelled_by" uuid, "cancel_reason" text, "error" text, "output_bytes" bigint NOT NULL DEFAULT '0', CONSTRAINT "PK_703e64e0ef651986191844b7b8b" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "executions_created" ON "executions"  ("created_at") `);
    await runner.query(`CREATE INDEX "executions_finished" ON "executions"  ("finished_at") `);
    await runner.query(
      `CREATE INDEX "executions_lease" ON "executions"  ("lease_expires_at") WHERE status = 'running'`,
    );
    await runner.query(
      `CREATE INDEX "executions_queued" ON "executions"  ("queue", "id") WHERE status = 'queued'`,
    );
    await runner.query(
      `CREATE INDEX "executions_project_active" ON "executions"  ("project_id") WHERE status IN ('queued', 'running')`,
    );
    await runner.query(`CREATE INDEX "executions_requested_by" ON "executions"  ("requested_by", "id") `);
    await runner.query(`CREATE INDEX "executions_task" ON "executions"  ("task_id", "id") `);
    await runner.query(
      `CREATE TABLE "output_segments" ("execution_id" uuid NOT NULL, "offset" bigint NOT NULL, "content" bytea NOT NULL, "frame_lengths" integer array NOT NULL, "frame_flags" smallint array NOT NULL, "frame_times" bigint array NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_57972e8d3537737e2048abecafa" PRIMARY KEY ("execution_id", "offset"))`,
    );
    await runner.query(
      `CREATE TABLE "queue_states" ("queue" smallint NOT NULL, "paused" boolean NOT NULL DEFAULT false, "reason" text, "changed_by" uuid, "changed_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "PK_bb510e73ba6f1622c18df3faa98" PRIMARY KEY ("queue"))`,
    );
    await runner.query(
      `CREATE TABLE "workers" ("id" uuid NOT NULL, "host" text NOT NULL, "pid" integer NOT NULL, "slots" integer NOT NULL, "busy" integer NOT NULL DEFAULT '0', "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "seen_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "PK_e950c9aba3bd84a4f193058d838" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE TABLE "idempotency_keys" ("user_id" uuid NOT NULL, "key" text NOT NULL, "fingerprint" bytea NOT NULL, "status" integer, "response" text, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_392b1af86f210d98d3f0c764728" PRIMARY KEY ("user_id", "key"))`,
    );
    await runner.query(`CREATE INDEX "idempotency_keys_created" ON "idempotency_keys"  ("created_at") `);
    await runner.query(
      `CREATE TABLE "system_settings" ("name" text NOT NULL, "value" jsonb NOT NULL, "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_d84ee5f84de5ee796955c83618f" PRIMARY KEY ("name"))`,
    );
    await runner.query(
      `CREATE TABLE "project_members" ("project_id" uuid NOT NULL, "user_id" uuid NOT NULL, "role" text NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_b3f491d3a3f986106d281d8eb4b" PRIMARY KEY ("project_id", "user_id"))`,
    );
    await runner.query(`CREATE INDEX "project_members_user" ON "project_members"  ("user_id") `);
    await runner.query(
      `CREATE TABLE "sessions" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "project_id" uuid, "settings" jsonb NOT NULL DEFAULT '{}', "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "last_accessed" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "deleted_at" TIMESTAMP(3) WITH TIME ZONE, "version" integer NOT NULL DEFAULT '1', CONSTRAINT "PK_3238ef96f18b355b671619111bc" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "sessions_user" ON "sessions"  ("user_id", "created_at") `);
    await runner.query(
      `CREATE TABLE "projects" ("id" uuid NOT NULL, "key" text NOT NULL, "name" text NOT NULL, "description" text NOT NULL DEFAULT '', "status" text NOT NULL DEFAULT 'active', "visibility" text NOT NULL DEFAULT 'private', "settings" jsonb NOT NULL DEFAULT '{}', "resource_limits" jsonb NOT NULL, "next_number" integer NOT NULL DEFAULT '1', "stored_bytes" bigint NOT NULL DEFAULT '0', "created_by" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "deleted_at" TIMESTAMP(3) WITH TIME ZONE, "version" integer NOT NULL DEFAULT '1', CONSTRAINT "PK_6271df0a7aed1d6c0691ce6ac50" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE UNIQUE INDEX "projects_key_key" ON "projects"  ("key") `);
    await runner.query(`CREATE INDEX "projects_created_by" ON "projects"  ("created_by") `);
    await runner.query(
      `CREATE TABLE "task_dependencies" ("id" uuid NOT NULL, "task_id" uuid NOT NULL, "depends_on_task_id" uuid NOT NULL, "dependency_type" text NOT NULL DEFAULT 'blocks', "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_e31de0e173af595a21c4ec8e48b" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX "task_dependencies_reverse" ON "task_dependencies"  ("depends_on_task_id") `,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "task_dependencies_key" ON "task_dependencies"  ("task_id", "depends_on_task_id") `,
    );
    await runner.query(
      `CREATE TABLE "tasks" ("id" uuid NOT NULL, "project_id" uuid NOT NULL, "number" integer NOT NULL, "title" text NOT NULL, "description" text NOT NULL DEFAULT '', "status" text NOT NULL DEFAULT 'pending', "priority" smallint NOT NULL DEFAULT '5', "progress_percentage" smallint NOT NULL DEFAULT '0', "estimated_duration" integer, "actual_duration" double precision, "assigned_to" uuid, "created_by" uuid NOT NULL, "tags" text array NOT NULL DEFAULT '{}', "metadata" jsonb NOT NULL DEFAULT '{}', "command" text, "working_directory" text, "environment" jsonb NOT NULL DEFAULT '{}', "timeout" integer, "retry_attempts" smallint NOT NULL DEFAULT '0', "execution_id" uuid, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "started_at" TIMESTAMP(3) WITH TIME ZONE, "completed_at" TIMESTAMP(3) WITH TIME ZONE, "deleted_at" TIMESTAMP(3) WITH TIME ZONE, "version" integer NOT NULL DEFAULT '1', "search" tsvector GENERATED ALWAYS AS (setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('simple', description), 'B') || setweight(to_tsvector('english', description), 'B')) STORED, CONSTRAINT "PK_8d12ff38fcc62aaba2cab748772" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX "tasks_assigned_to" ON "tasks"  ("assigned_to", "created_at") WHERE deleted_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX "tasks_created" ON "tasks"  ("created_at", "id") WHERE deleted_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX "tasks_project_created" ON "tasks"  ("project_id", "created_at", "id") WHERE deleted_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX "tasks_project_status" ON "tasks"  ("project_id", "status", "created_at", "id") WHERE deleted_at IS NULL`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "tasks_project_number_key" ON "tasks"  ("project_id", "number") `,
    );
    await runner.query(
      `CREATE TABLE "users" ("id" uuid NOT NULL, "username" text NOT NULL, "email" text NOT NULL, "full_name" text, "avatar_url" text, "password_hash" text NOT NULL, "role" text NOT NULL, "tier" text NOT NULL DEFAULT 'standard', "disabled" boolean NOT NULL DEFAULT false, "preferences" jsonb NOT NULL DEFAULT '{}', "token_epoch" integer NOT NULL DEFAULT '1', "last_login" TIMESTAMP(3) WITH TIME ZONE, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "version" integer NOT NULL DEFAULT '1', CONSTRAINT "PK_a3ffb1c0c8416b9fc6f907b7433" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE UNIQUE INDEX "users_username_key" ON "users"  ("username") `);
    await runner.query(`CREATE UNIQUE INDEX "users_email_key" ON "users"  ("email") `);
    // compressing output would cost more than half of the throughput
    await runner.query(`ALTER TABLE "output_segments" ALTER COLUMN "content" SET STORAGE EXTERNAL`);
    await runner.query(
      `CREATE INDEX "tasks_search" ON "tasks" USING gin ("search") WHERE deleted_at IS NULL`,
    );
    await runner.query(`CREATE INDEX "tasks_tags" ON "tasks" USING gin ("tags") WHERE deleted_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "public"."users_email_key"`);
    await runner.query(`DROP INDEX "public"."users_username_key"`);
    await runner.query(`DROP TABLE "users"`);
    await runner.query(`DROP INDEX "public"."tasks_project_number_key"`);
    await runner.query(`DROP INDEX "public"."tasks_project_status"`);
    await runner.query(`DROP INDEX "public"."tasks_project_created"`);
    await runner.query(`DROP INDEX "public"."tasks_created"`);
    await runner.query(`DROP INDEX "public"."tasks_assigned_to"`);
    await runner.query(`DROP TABLE "tasks"`);
    await runner.query(`DROP INDEX "public"."task_dependencies_key"`);
    await runner.query(`DROP INDEX "public"."task_dependencies_reverse"`);
    await runner.query(`DROP TABLE "task_dependencies"`);
    await runner.query(`DROP INDEX "public"."projects_created_by"`);
    await runner.query(`DROP INDEX "public"."projects_key_key"`);
    await runner.query(`DROP TABLE "projects"`);
    await runner.query(`DROP INDEX "public"."sessions_user"`);
    await runner.query(`DROP TABLE "sessions"`);
    await runner.query(`DROP INDEX "public"."project_members_user"`);
    await runner.query(`DROP TABLE "project_members"`);
    await runner.query(`DROP TABLE "system_settings"`);
    await runner.query(`DROP INDEX "public"."idempotency_keys_created"`);
    await runner.query(`DROP TABLE "idempotency_keys"`);
    await runner.query(`DROP TABLE "workers"`);
    await runner.query(`DROP TABLE "queue_states"`);
    await runner.query(`DROP TABLE "output_segments"`);
    await runner.query(`DROP INDEX "public"."executions_task"`);
    await runner.query(`DROP INDEX "public"."executions_requested_by"`);
    await runner.query(`DROP INDEX "public"."executions_project_active"`);
    await runner.query(`DROP INDEX "public"."executions_queued"`);
    await runner.query(`DROP INDEX "public"."executions_lease"`);
    await runner.query(`DROP INDEX "public"."executions_finished"`);
    await runner.query(`DROP INDEX "public"."executions_created"`);
    await runner.query(`DROP TABLE "executions"`);
    await runner.query(`DROP INDEX "public"."refresh_tokens_family"`);
    await runner.query(`DROP INDEX "public"."refresh_tokens_hash_key"`);
    await runner.query(`DROP INDEX "public"."refresh_tokens_user"`);
    await runner.query(`DROP TABLE "refresh_tokens"`);
    await runner.query(`DROP INDEX "public"."webhooks_project"`);
    await runner.query(`DROP TABLE "webhooks"`);
    await runner.query(`DROP INDEX "public"."webhook_deliveries_due"`);
    await runner.query(`DROP INDEX "public"."webhook_deliveries_webhook"`);
    await runner.query(`DROP TABLE "webhook_deliveries"`);
    await runner.query(`DROP INDEX "public"."activity_entity"`);
    await runner.query(`DROP INDEX "public"."activity_project"`);
    await runner.query(`DROP INDEX "public"."activity_session"`);
    await runner.query(`DROP INDEX "public"."activity_actor"`);
    await runner.query(`DROP INDEX "public"."activity_at"`);
    await runner.query(`DROP TABLE "activity"`);
    await runner.query(`DROP FUNCTION current_transaction_number()`);
  }
}
