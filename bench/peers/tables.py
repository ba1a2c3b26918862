"""The tables of the reference application, as `data/bare.mjs` makes them."""
import os

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

ADDRESS = os.environ["DATABASE_URL"].split("://", 1)[1]
SECRET = os.environ.get("JWT_SECRET", "")
moment = lambda name, **more: Column(name, DateTime(timezone=True), **more)  # noqa: E731
metadata = MetaData(schema="bare")

tasks = Table(
    "tasks", metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("project_id", UUID(as_uuid=True)), Column("title", Text), Column("description", Text), Column("command", Text),
    Column("status", String, server_default="pending"), Column("priority", Integer), Column("exit_code", Integer),
    moment("started_at"), moment("completed_at"),
    moment("created_at", server_default=text("now()")), moment("updated_at", server_default=text("now()")),
)
executions = Table(
    "executions", metadata,
    Column("id", UUID(as_uuid=True), primary_key=True), Column("task_id", UUID(as_uuid=True)),
    Column("status", String, server_default="queued"), Column("exit_code", Integer), Column("stdout", Text), Column("stderr", Text),
    moment("queued_at", server_default=text("clock_timestamp()")), moment("started_at"), moment("finished_at"),
)
