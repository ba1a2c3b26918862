"""The peer of the worker: Celery on Redis, acknowledging a task when it is done, so that none is lost."""
import os
import subprocess
from uuid import UUID

from celery import Celery
from celery.signals import worker_process_init
from sqlalchemy import create_engine, func, update

from tables import ADDRESS, executions, tasks

app = Celery("peer", broker=os.environ["REDIS_URL"] + "/1")
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1, task_reject_on_worker_lost=True)
engine = None


@worker_process_init.connect
def connect(**_):
    global engine
    engine = create_engine("postgresql+psycopg2://" + ADDRESS, pool_size=1)


@app.task(name="run")
def run(execution, task, command):
    execution, task = UUID(execution), UUID(task)
    with engine.begin() as db:
        db.execute(update(executions).where(executions.c.id == execution).values(status="running", started_at=func.now()))
        db.execute(update(tasks).where(tasks.c.id == task).values(status="running", started_at=func.now()))
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=3600)
    status = "completed" if done.returncode == 0 else "failed"
    with engine.begin() as db:
        db.execute(update(executions).where(executions.c.id == execution).values(
            status=status, exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr, finished_at=func.now()))
        db.execute(update(tasks).where(tasks.c.id == task).values(
            status=status, exit_code=done.returncode, completed_at=func.now(), updated_at=func.now()))
